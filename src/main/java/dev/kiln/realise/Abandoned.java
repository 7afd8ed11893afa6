package dev.kiln.realise;

/** What becomes of a build when the last one has left who waits for it. */
public enum Abandoned {
  /** It goes on: who comes later finds its result. */
  CONTINUE,
  /** It is cancelled, and with it what was begun for it only. */
  CANCEL
}
