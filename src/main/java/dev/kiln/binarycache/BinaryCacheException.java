package dev.kiln.binarycache;

import dev.kiln.compression.Compression;
import dev.kiln.hash.NixHash;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;

/** Why the cache has no answer. The message says it in a sentence that is fit for users. */
public sealed abstract class BinaryCacheException extends RuntimeException {

  private BinaryCacheException(String message) {
    super(message);
  }

  /** No path with this hash is here. */
  public static final class UnknownHash extends BinaryCacheException {

    public UnknownHash(StorePathHash hash) {
      super("no path with the hash " + hash + " is here");
    }
  }

  /** No output of this name is realised here. */
  public static final class UnknownRealisation extends BinaryCacheException {

    /** @param id as it was asked for, maybe malformed */
    public UnknownRealisation(String id) {
      super("no realisation '" + id + "' is here");
    }
  }

  /** No path has this NAR. */
  public static final class UnknownNar extends BinaryCacheException {

    public UnknownNar(NixHash narHash) {
      super("no path whose NAR has the hash '" + narHash.prefixedBase32() + "' is here");
    }

    public UnknownNar(NarFileName name) {
      super("'" + name
          + "' is neither the hash of a NAR that is here, with the suffix of a compression that narinfos offer,"
          + " nor the name of a file that was sent and of which a path was made");
    }
  }

  /** The NAR was sent in a form in which nothing here writes it. */
  public static final class NotWritten extends BinaryCacheException {

    NotWritten(NarFileName name, Compression compression) {
      super("the NAR that was sent as '" + name + "' cannot be given back by that name: nothing here compresses by '"
          + compression.nixName() + "'");
    }
  }

  /** The path is here, but part of its content is lost. */
  public static final class IncompleteNar extends BinaryCacheException {

    public IncompleteNar(StorePath path, Exception cause) {
      super("part of the content of '" + path + "' is lost");
      initCause(cause);
    }
  }

  /** Nothing that was printed is kept. */
  public static final class NoLog extends BinaryCacheException {

    public NoLog(StorePath path) {
      super("there is no log of '" + path + "'");
    }
  }
}
