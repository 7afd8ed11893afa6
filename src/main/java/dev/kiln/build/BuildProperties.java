package dev.kiln.build;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import org.hibernate.validator.constraints.time.DurationMin;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/**
 * How this Kiln builds.
 *
 * @param builder which {@link Builder} to use
 * @param systems that can be built for; none stands for that of this machine and, as in Nix, for i686-linux and the levels of
 *     x86_64 where it runs them
 * @param systemFeatures that derivations may require; none stands for Nix's: benchmark, big-parallel, nixos-test, and kvm
 *     where {@code /dev/kvm} can be used
 * @param cores told to builders as {@code NIX_BUILD_CORES}; 0 stands for all of this machine
 * @param shell a static busybox, which builders find as {@code /bin/sh}; by default {@code /bin/busybox} or
 *     {@code /usr/bin/busybox}
 * @param limits of one build
 * @param resources of this machine that the processes of one build may use together
 */
@Validated
@ConfigurationProperties("kiln.build")
public record BuildProperties(@DefaultValue("auto") Mode builder, @DefaultValue List<String> systems,
    @Nullable SortedSet<String> systemFeatures, @DefaultValue("0") @Min(0) int cores, @Nullable Path shell,
    @DefaultValue @Valid Limits limits, @DefaultValue @Valid Resources resources) {

  public BuildProperties {
    systems = List.copyOf(systems);
    systemFeatures = systemFeatures == null ? null : new TreeSet<>(systemFeatures);
  }

  /** Which {@link Builder} to use. */
  public enum Mode {
    /** {@link #BUBBLEWRAP} where it works, else {@link #DISABLED}. */
    AUTO,
    /** A sandbox by bubblewrap; Kiln does not start where it does not work. */
    BUBBLEWRAP,
    /** Every build is refused. */
    DISABLED
  }

  /**
   * What one build may use before it is killed.
   *
   * @param time from the builder's start to its end
   * @param silence without a byte in the log; zero is no limit
   * @param log what the builder prints
   * @param output what lies in its outputs and its build directory together
   * @param reserve what must stay free on the disk that it builds on
   */
  public record Limits(@DefaultValue("1h") @DurationMin(seconds = 1) Duration time,
      @DefaultValue("0s") @DurationMin(seconds = 0) Duration silence, @DefaultValue("64MB") DataSize log,
      @DefaultValue("16GB") DataSize output, @DefaultValue("1GB") DataSize reserve) {}

  /**
   * What the processes of one build may use together, or each. In a cgroup (version 2) of its own where Kiln may make one; else
   * Kiln adds up what they use, several times a second, and ends the build.
   *
   * @param memory of them all, swap included; none stands for four fifths of this machine's, or container's
   * @param processes and threads of them all
   * @param openFiles of each process
   * @param cpuWeight against Kiln's 100, where there is a cgroup (cgroups(7): cpu.weight)
   * @param cgroup a directory of cgroup version 2 that Kiln may make cgroups in; none stands for the one that Kiln runs in
   */
  public record Resources(@Nullable DataSize memory, @DefaultValue("16384") @Min(16) int processes,
      @DefaultValue("65536") @Min(64) int openFiles, @DefaultValue("20") @Min(1) @Max(10_000) int cpuWeight,
      @Nullable Path cgroup) {}
}
