package dev.kiln.store.web;

import java.time.Duration;

import org.hibernate.validator.constraints.time.DurationMin;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/** @param maxWait the longest that a read waits for builds before it is told to come back */
@ConfigurationProperties("kiln.store")
@Validated
record StoreProperties(@DefaultValue("30m") @DurationMin(seconds = 1) Duration maxWait) {}
