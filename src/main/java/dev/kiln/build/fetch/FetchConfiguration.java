package dev.kiln.build.fetch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import dev.kiln.build.BuildException;
import dev.kiln.build.BuildProperties;
import dev.kiln.castore.Castore;
import dev.kiln.compression.Decompressors;
import dev.kiln.datadir.DataDirectory;

@Configuration(proxyBeanMethods = false)
class FetchConfiguration {

  /** In KiB: the dictionary of {@code xz -9}, and a little more. */
  private static final int MIN_DECODER_MEMORY = 70_000;
  private static final Duration PATIENCE_FOR_MEMORY = Duration.ofMinutes(10);

  @Bean
  Connections fetchConnections(FetchProperties properties) {
    return connections(properties, System.getenv());
  }

  @Bean
  FetchUrl fetchUrl(FetchProperties properties, BuildProperties build, Connections connections, Castore castore,
      DataDirectory dataDirectory) {
    Decompressors decompressors = new Decompressors(decoderMemory(), PATIENCE_FOR_MEMORY);
    Intake intake = new Intake(castore, decompressors, dataDirectory.resolve("downloads"),
        build.limits().output().toBytes(), InstantSource.system());
    return fetchUrl(properties, connections, intake,
        () -> requireRoom(dataDirectory.path(), build.limits().reserve().toBytes()));
  }

  static Connections connections(FetchProperties properties, Map<String, String> environment) {
    AllowedAddresses addresses = new AllowedAddresses(
        properties.allow().networks().stream().map(Network::parse).toList());
    return new Connections(properties.limits(), addresses, Proxies.of(properties.proxy(), environment),
        Authorities.of(properties.certificates(), environment));
  }

  static FetchUrl fetchUrl(FetchProperties properties, Connections connections, Intake intake, Download.Room room) {
    Downloader downloader = new Downloader(connections, new Downloader.AllowedHosts(properties.allow().hosts()),
        new LocalFiles(properties.allow().files().stream().map(Path::of).toList()),
        new Credentials(Optional.ofNullable(properties.netrcFile()).map(Path::of)), properties.limits().redirects());
    return new FetchUrl(properties, downloader, intake, room);
  }

  private static int decoderMemory() {
    long share = Runtime.getRuntime().maxMemory() / 8 / 1024;
    return Math.clamp(share, MIN_DECODER_MEMORY, Integer.MAX_VALUE);
  }

  private static void requireRoom(Path directory, long reserve) throws IOException {
    long free = Files.getFileStore(directory).getUsableSpace();
    if (free < reserve) {
      throw new BuildException.MachineFailed("a download was ended because only " + free
          + " bytes are free on the disk (kiln.build.limits.reserve)", null);
    }
  }
}
