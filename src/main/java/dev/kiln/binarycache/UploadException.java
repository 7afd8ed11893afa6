package dev.kiln.binarycache;

import java.util.SortedSet;

import dev.kiln.storepath.StorePath;

/** Why something was not taken into the cache. The message says it in a sentence that is fit for users. Nothing became visible. */
public sealed abstract class UploadException extends RuntimeException {

  private UploadException(String message) {
    super(message);
  }

  /** It is not of the form that the protocol wants. */
  public static final class Malformed extends UploadException {
    public Malformed(String message) {
      super(message);
    }
  }

  /** It is well-formed, but not what it says it is, or does not fit what was sent before. */
  public static final class Mismatch extends UploadException {
    public Mismatch(String message) {
      super(message);
    }
  }

  /** Nobody here can decompress it. */
  public static final class UnknownCompression extends UploadException {
    public UnknownCompression(String message) {
      super(message);
    }
  }

  /** It is more than Kiln takes. */
  public static final class TooLarge extends UploadException {
    public TooLarge(String message) {
      super(message);
    }
  }

  /** The path refers to others that are not here. */
  public static final class MissingReferences extends UploadException {

    private final transient SortedSet<StorePath> references;

    public MissingReferences(StorePath path, SortedSet<StorePath> references) {
      super("'" + path + "' refers to '" + references.first() + "'"
          + (references.size() == 1 ? ", which is" : " and " + (references.size() - 1) + " more, which are")
          + " not here");
      this.references = references;
    }

    public SortedSet<StorePath> references() {
      return references;
    }
  }

  /** Something else is here by this name. */
  public static final class Conflict extends UploadException {
    public Conflict(String message) {
      super(message);
    }
  }

  /** The client went away, or was too slow. */
  public static final class BrokenOff extends UploadException {
    public BrokenOff(String message) {
      super(message);
    }
  }

  /** What this Kiln does not know how to keep. */
  public static final class Unsupported extends UploadException {
    public Unsupported(String message) {
      super(message);
    }
  }
}
