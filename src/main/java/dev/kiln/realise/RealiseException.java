package dev.kiln.realise;

import java.util.List;
import java.util.SortedSet;
import java.util.UUID;

import dev.kiln.build.BuildFailure;
import dev.kiln.storepath.StorePath;

/** Why a path is not here and does not come. The message says it in a sentence that is fit for users. */
public sealed abstract class RealiseException extends RuntimeException {

  private RealiseException(String message) {
    super(message);
  }

  /** Nobody has the path and nothing known produces it. */
  public static final class UnknownPath extends RealiseException {

    private final transient List<String> answers;

    /** @param answers what each of those said who were asked, in their order */
    public UnknownPath(StorePath path, List<String> answers) {
      super("'" + path + "' is not here, and nothing is known that would produce it");
      this.answers = List.copyOf(answers);
    }

    public List<String> answers() {
      return answers;
    }
  }

  /** A known derivation has no such output. */
  public static final class UnknownOutput extends RealiseException {

    private final transient SortedSet<String> outputs;

    /** @param outputs that the derivation has */
    public UnknownOutput(StorePath derivation, String output, SortedSet<String> outputs) {
      super("'" + derivation + "' has no output '" + output + "'");
      this.outputs = outputs;
    }

    public SortedSet<String> outputs() {
      return outputs;
    }
  }

  /** Something would produce the path, but sources that it needs are not here. */
  public static final class MissingSources extends RealiseException {

    private final transient SortedSet<StorePath> missing;

    public MissingSources(StorePath wanted, SortedSet<StorePath> missing) {
      super(
          "'" + wanted + "' needs " + (missing.size() == 1 ? "a source that is" : missing.size() + " sources that are")
              + " not here, such as '" + missing.first() + "'");
      this.missing = missing;
    }

    public SortedSet<StorePath> missing() {
      return missing;
    }
  }

  /** A build that the path needs has failed. */
  public static final class BuildFailed extends RealiseException {

    private final transient UUID build;
    private final transient StorePath derivation;
    private final transient BuildFailure failure;

    /**
     * @param build the one that failed by itself, maybe that of an input's input
     * @param derivation that {@code build} tried to build
     */
    public BuildFailed(UUID build, StorePath derivation, BuildFailure failure) {
      super("build of '" + derivation + "' failed: " + failure.message());
      this.build = build;
      this.derivation = derivation;
      this.failure = failure;
    }

    public UUID build() {
      return build;
    }

    public StorePath derivation() {
      return derivation;
    }

    public BuildFailure failure() {
      return failure;
    }
  }

  /** A build that the path needs was cancelled. */
  public static final class BuildCancelled extends RealiseException {

    private final transient UUID build;

    /** @param build the one that was cancelled itself, maybe that of an input's input */
    public BuildCancelled(UUID build, StorePath derivation) {
      super("build of '" + derivation + "' was cancelled");
      this.build = build;
    }

    public UUID build() {
      return build;
    }
  }

  /** What the path needs changed again and again while it was looked at. */
  public static final class Overtaken extends RealiseException {

    public Overtaken(StorePath path) {
      super("what '" + path + "' needs changes faster than it can be planned");
    }
  }

  /** The reader waits no longer; the build goes on. */
  public static final class StillBuilding extends RealiseException {

    private final transient UUID build;

    public StillBuilding(UUID build, StorePath derivation) {
      super("'" + derivation + "' is being built");
      this.build = build;
    }

    public UUID build() {
      return build;
    }
  }

  /** Kiln is being stopped. */
  public static final class Stopping extends RealiseException {

    public Stopping() {
      super("Kiln is stopping; builds that were under way go on after its start, or on another replica");
    }
  }
}
