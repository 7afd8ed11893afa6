package dev.kiln.store;

/** Why a path below a store path leads nowhere. The message says it in a sentence that is fit for users. */
public sealed abstract class StoreException extends RuntimeException {

  private StoreException(String message) {
    super(message);
  }

  /** There is nothing of that name, or what is there is no directory. */
  public static final class NoSuchEntry extends StoreException {
    public NoSuchEntry(String message) {
      super(message);
    }
  }

  /** A symbolic link leads out of the store, where Kiln reads nothing. */
  public static final class OutsideStore extends StoreException {
    public OutsideStore(String message) {
      super(message);
    }
  }

  /** More symbolic links than Linux would follow. */
  public static final class LinkLoop extends StoreException {
    public LinkLoop(String message) {
      super(message);
    }
  }
}
