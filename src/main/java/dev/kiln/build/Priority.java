package dev.kiln.build;

/** How urgent a build is. Of those that can begin, the more urgent ones begin first, whoever wants them. */
public enum Priority {
  /** Nobody waits for it. */
  BACKGROUND(-10),
  /** It is waited for, by a program that waits for much. */
  NORMAL(0),
  /** Somebody waits for it. */
  INTERACTIVE(10);

  private final int level;

  Priority(int level) {
    this.level = level;
  }

  /** @return the higher, the sooner */
  public int level() {
    return level;
  }
}
