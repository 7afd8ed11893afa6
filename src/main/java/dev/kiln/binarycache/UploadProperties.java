package dev.kiln.binarycache;

import java.time.Duration;

import jakarta.validation.constraints.Positive;
import org.hibernate.validator.constraints.time.DurationMin;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/**
 * What clients may push.
 *
 * @param uploadTtl how long a NAR is kept for which no narinfo comes
 * @param uploadGrace how long a client may send more slowly than {@code minUploadRate}
 * @param minUploadRate what a client sends in a second, on average, once {@code uploadGrace} is over
 * @param maxNarSize of one NAR, decompressed, and of its file
 * @param maxNarRatio how many times its file's size a NAR may have, once it is larger than {@code freeNarSize}
 * @param freeNarSize what a NAR may expand to, however small its file is
 * @param decoderMemory of the heap, for the dictionaries of all NARs that are being received; 0 takes a third of the heap
 * @param maxLog of one build log
 */
@Validated
@ConfigurationProperties("kiln.cache")
public record UploadProperties(@DefaultValue("24h") @DurationMin(minutes = 1) Duration uploadTtl,
    @DefaultValue("1m") @DurationMin(seconds = 1) Duration uploadGrace,
    @DefaultValue("1KB") DataSize minUploadRate,
    @DefaultValue("64GB") DataSize maxNarSize,
    @DefaultValue("1000") @Positive int maxNarRatio,
    @DefaultValue("1GB") DataSize freeNarSize,
    @DefaultValue("0") DataSize decoderMemory,
    @DefaultValue("256MB") DataSize maxLog) {}
