package dev.kiln.build.sandbox;

import java.io.OutputStream;

import dev.kiln.build.BuildException;
import dev.kiln.build.BuildRequest;
import dev.kiln.build.BuildResult;
import dev.kiln.build.Builder;

/**
 * Refuses every build.
 *
 * @param reason why builds are disabled and what would help
 */
record DisabledBuilder(String reason) implements Builder {

  @Override
  public BuildResult build(BuildRequest request, OutputStream log) {
    throw refusal();
  }

  BuildException.CannotBuildHere refusal() {
    return new BuildException.CannotBuildHere("builds are disabled: " + reason);
  }
}
