package dev.kiln.build.fetch;

import java.time.Duration;
import java.util.List;

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
 * What {@code builtin:fetchurl} downloads, and from where.
 *
 * @param enabled whether it downloads anything
 * @param allow where from
 * @param hashedMirrors URLs below which flat files are looked for by algorithm and hash, before their own URL (Nix:
 *     hashed-mirrors)
 * @param netrcFile with the credentials of hosts, as curl reads it; none by default
 * @param certificates a file with the certificates (PEM) of the authorities that servers are verified by; none stands for what
 *     {@code NIX_SSL_CERT_FILE} or {@code SSL_CERT_FILE} names, or else for Java's
 * @param proxy that downloads go through
 * @param limits of one download
 */
@Validated
@ConfigurationProperties("kiln.fetch")
public record FetchProperties(@DefaultValue("true") boolean enabled, @DefaultValue @Valid Allow allow,
    @DefaultValue List<String> hashedMirrors, @Nullable String netrcFile, @Nullable String certificates,
    @DefaultValue Proxy proxy,
    @DefaultValue @Valid Limits limits) {

  public FetchProperties { hashedMirrors = List.copyOf(hashedMirrors); }

  /**
   * Where downloads may come from.
   *
   * @param hosts by name, {@code *.example.org} for all below one; none stands for any
   * @param networks that may be connected to besides the public Internet: {@code 10.1.0.0/16}, {@code ::1}
   * @param files directories that {@code file:} URLs may point into; none by default
   */
  public record Allow(@DefaultValue List<String> hosts, @DefaultValue List<String> networks,
      @DefaultValue List<String> files) {

    public Allow {
      hosts = List.copyOf(hosts);
      networks = List.copyOf(networks);
      files = List.copyOf(files);
    }
  }

  /**
   * Which proxies to use. What is not set is taken from the environment, as curl does; what is set to nothing is none.
   *
   * @param http for {@code http:} URLs: {@code http://user:password@host:port}
   * @param https for {@code https:} URLs
   * @param noProxy hosts, and domains, that are connected to directly, with commas between them; {@code *} for all
   */
  public record Proxy(@Nullable String http, @Nullable String https, @Nullable String noProxy) {}

  /**
   * What one download may take.
   *
   * @param size of what is transferred; what it unpacks to may be as large as a build's outputs
   * @param connect until a connection is made, to each address
   * @param read between two bytes
   * @param time from the first attempt's begin to the last one's end
   * @param attempts if the server, or the connection to it, fails (Nix: download-attempts)
   * @param redirects of one attempt
   */
  public record Limits(@DefaultValue("16GB") DataSize size,
      @DefaultValue("15s") @DurationMin(millis = 1) Duration connect,
      @DefaultValue("1m") @DurationMin(millis = 1) Duration read,
      @DefaultValue("1h") @DurationMin(millis = 1) Duration time,
      @DefaultValue("5") @Min(1) @Max(100) int attempts, @DefaultValue("10") @Min(0) @Max(100) int redirects) {}
}
