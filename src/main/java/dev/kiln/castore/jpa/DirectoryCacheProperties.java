package dev.kiln.castore.jpa;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/** @param directoryMemory of the heap, for directories that were read before; 0 keeps none */
@ConfigurationProperties("kiln.castore")
record DirectoryCacheProperties(@DefaultValue("16MB") DataSize directoryMemory) {}
