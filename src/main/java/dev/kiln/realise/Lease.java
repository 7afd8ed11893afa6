package dev.kiln.realise;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import dev.kiln.build.Replicas;
import dev.kiln.build.Replicas.Renewal;
import dev.kiln.datadir.DataDirectory;

/**
 * That this Kiln is alive, as the others on its database see it. Whose lease has run out is dead to them: it goes on under a new
 * name, without the builds that it ran.
 */
final class Lease {

  private static final Logger log = LoggerFactory.getLogger(Lease.class);

  private final Replicas replicas;
  /** Names the replica that runs on the data directory. */
  private final Path file;
  private final Duration duration;
  private final Optional<Set<String>> offers;
  private volatile UUID replica = UUID.randomUUID();
  private volatile boolean held;
  private volatile boolean alone = true;

  /** @param offers what its builds may need; empty if it runs none */
  Lease(Replicas replicas, DataDirectory directory, Duration duration, Optional<Set<String>> offers) {
    this.replicas = replicas;
    this.file = directory.resolve("replica");
    this.duration = duration;
    this.offers = offers.map(Set::copyOf);
  }

  UUID replica() {
    return replica;
  }

  /** @return whether it was held when it was renewed last */
  boolean isHeld() {
    return held;
  }

  /** @return whether there was no other replica when it was renewed last */
  boolean isAlone() {
    return alone;
  }

  /** Begins. Who ran on this data directory before is dead, for its lock is ours: others need not wait for its lease to run out. */
  void join() throws IOException {
    predecessor().ifPresent(replicas::leave);
    enter();
  }

  /** @return false if it had run out: builds that run here are not this replica's any more */
  boolean renew() throws IOException {
    Renewal renewal = replicas.renew(replica, duration);
    alone = renewal.others() == 0;
    if (renewal.held()) {
      held = true;
      return true;
    }
    held = false;
    log.warn("the lease of this Kiln, replica {}, ran out: others may have taken up its builds", replica);
    enter();
    return false;
  }

  void drain() {
    replicas.drain(replica);
  }

  void leave() {
    held = false;
    replicas.leave(replica);
  }

  private void enter() throws IOException {
    UUID next = UUID.randomUUID();
    Files.writeString(file, next + "\n", StandardCharsets.US_ASCII);
    replicas.join(next, address(), duration, offers);
    replica = next;
    held = true;
    alone = replicas.renew(next, duration).others() == 0;
  }

  private Optional<UUID> predecessor() throws IOException {
    try {
      return Files.exists(file)
          ? Optional.of(UUID.fromString(Files.readString(file, StandardCharsets.US_ASCII).strip()))
          : Optional.empty();
    } catch (IllegalArgumentException e) {
      log.warn("{} does not name a replica; it is written anew", file, e);
      return Optional.empty();
    }
  }

  private static String address() {
    String host;
    try {
      host = InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      log.debug("this machine does not know its own name", e);
      host = "localhost";
    }
    return host + ":" + ProcessHandle.current().pid();
  }
}
