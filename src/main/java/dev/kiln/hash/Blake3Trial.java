package dev.kiln.hash;

import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;

import org.jspecify.annotations.Nullable;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

/**
 * Finds out whether vectors hash faster here. They do once the JVM's second compiler has compiled them, and are a hundred
 * times slower than the scalar code until then, or for ever where a JVM has no such compiler. So the scalar code does the
 * work while a thread in the background tries vectors, which warms them up, and they take over when they have won.
 */
final class Blake3Trial {

  private static final System.Logger LOG = System.getLogger(Blake3.class.getName());

  private static final String MODULE = "jdk.incubator.vector";
  /** In calls of {@link #winner}: after about a MiB, a trial is worth the two seconds of a processor that it may take. */
  private static final int DEMAND = 1000;
  private static final int SAMPLE = 64 * Blake3Compression.CHUNK_LENGTH;
  private static final int ATTEMPTS = 400;
  /** Attempts in a row: one could be luck. */
  private static final int WINS = 5;

  private static final AtomicLong DEMANDED = new AtomicLong();
  private static volatile Blake3Lanes.Source winner = Blake3Lanes.Source.NONE;

  private Blake3Trial() {}

  /** @return new lanes if they are faster than none; known only some time after the first calls */
  static @Nullable Blake3Lanes winner() {
    if (DEMANDED.get() < DEMAND && DEMANDED.incrementAndGet() == DEMAND) {
      begin();
    }
    return winner.get();
  }

  private static void begin() {
    if (!hasModule()) {
      LOG.log(INFO, "BLAKE3 goes without vectors: Java was started without --add-modules " + MODULE);
    } else if (!compilesVectors()) {
      LOG.log(INFO, "BLAKE3 goes without vectors: Java was started without its second compiler");
    } else if (!Blake3VectorLanes.wide()) {
      LOG.log(INFO, "BLAKE3 goes without vectors: this processor's are narrow");
    } else {
      Thread.ofPlatform().daemon().name("blake3-trial").start(() -> decide(Blake3VectorLanes::new));
    }
  }

  static boolean hasModule() {
    return ModuleLayer.boot().findModule(MODULE).isPresent();
  }

  /** What {@code -XX:TieredStopAtLevel=1} and {@code -Xint} leave would lose every attempt: this only spares them. */
  private static boolean compilesVectors() {
    String info = System.getProperty("java.vm.info", "");
    return !info.contains("emulated-client") && !info.contains("interpreted mode");
  }

  private static void decide(Blake3Lanes.Source source) {
    switch (tryOut(source)) {
      case FASTER -> {
        winner = source;
        LOG.log(INFO, "BLAKE3 goes by vectors from here on");
      }
      case SLOWER -> LOG.log(INFO, "BLAKE3 goes without vectors: they are slower here");
      case WRONG -> LOG.log(WARNING, "BLAKE3 goes without vectors: they compute wrong digests on this machine");
    }
  }

  enum Outcome {
    FASTER, SLOWER, WRONG
  }

  static Outcome tryOut(Blake3Lanes.Source source) {
    byte[] sample = new byte[SAMPLE];
    new Random(SAMPLE).nextBytes(sample);
    Blake3 scalar = new Blake3(Blake3Lanes.Source.NONE);
    Blake3 vector = new Blake3(source);
    long best = Long.MAX_VALUE;
    int wins = 0;
    for (int attempt = 0; attempt < ATTEMPTS && wins < WINS; attempt++) {
      long begin = System.nanoTime();
      Blake3Digest expected = digest(scalar, sample);
      long middle = System.nanoTime();
      Blake3Digest digest = digest(vector, sample);
      long end = System.nanoTime();
      if (!digest.equals(expected)) {
        return Outcome.WRONG;
      }
      best = Math.min(best, middle - begin);
      wins = end - middle < best ? wins + 1 : 0;
    }
    return wins == WINS ? Outcome.FASTER : Outcome.SLOWER;
  }

  private static Blake3Digest digest(Blake3 blake3, byte[] sample) {
    blake3.update(sample, 0, sample.length);
    return blake3.digest();
  }
}
