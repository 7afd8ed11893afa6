package dev.kiln.build;

import java.util.UUID;

/** What came of the wish for builds. */
public sealed interface Submission {

  /**
   * All of them are under way.
   *
   * @param wanted the build that the others are for
   * @param queued how many can begin at once
   * @param fresh whether {@code wanted} was not under way before
   */
  record Accepted(UUID wanted, int queued, boolean fresh) implements Submission {}

  /** Something that was wanted is there already, or failed meanwhile. Nothing was submitted: what is wanted is to be planned anew. */
  record OutOfDate() implements Submission {}

  /** One of them failed not long ago. Nothing was submitted. */
  record Remembered(Build failed) implements Submission {}
}
