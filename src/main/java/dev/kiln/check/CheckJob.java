package dev.kiln.check;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.UUID;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

import dev.kiln.build.BuildException;
import dev.kiln.build.BuildFailure;
import dev.kiln.build.BuildLogs;
import dev.kiln.build.Builder;
import dev.kiln.castore.Castore;
import dev.kiln.pathinfo.PathInfo;
import dev.kiln.realise.RealiseException.Stopping;
import dev.kiln.realise.Rebuild;

/** Builds again, compares, and writes down what came of it. */
@Component
class CheckJob {

  private static final Logger log = LoggerFactory.getLogger(CheckJob.class);

  /** Of one output's differences. */
  private static final int MAX_BYTES = 1 << 20;

  private final Builder builder;
  private final BuildLogs logs;
  private final Castore castore;
  private final Checks checks;
  private final Clock clock;
  private final TreeDiff.Bounds bounds;

  CheckJob(Builder builder, BuildLogs logs, Castore castore, Checks checks, Clock clock, CheckProperties properties) {
    this.builder = builder;
    this.logs = logs;
    this.castore = castore;
    this.checks = checks;
    this.clock = clock;
    this.bounds = new TreeDiff.Bounds(properties.maxDifferences(), MAX_BYTES);
  }

  /**
   * Ends with a record in every case but one.
   *
   * @throws Stopping Kiln is being stopped
   */
  void run(UUID check, Rebuild rebuild) {
    checks.start(check, clock.instant());
    try {
      List<OutputComparison> outputs = compare(rebuild, build(check, rebuild));
      checks.compared(check, clock.instant(), outputs);
    } catch (BuildException e) {
      checks.fail(check, clock.instant(), BuildFailure.of(e));
    } catch (IOException e) {
      if (Thread.currentThread().isInterrupted()) {
        throw new Stopping();
      }
      log.error("check {} of {}", check, rebuild.request().derivationPath(), e);
      broken(check);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new Stopping();
    }
  }

  /** Records that a check ended by a defect or a failing machine. */
  void broken(UUID check) {
    checks.fail(check, clock.instant(), new BuildFailure(BuildFailure.Kind.MACHINE_FAILED,
        "this Kiln failed; its log says why", OptionalInt.empty(), Optional.empty()));
  }

  /** What is built becomes durable, as builders promise, but no path is registered for it. */
  private SortedMap<String, PathInfo> build(UUID check, Rebuild rebuild) throws IOException, InterruptedException {
    try (OutputStream out = logs.create(check)) {
      return builder.build(rebuild.request(), out).outputs();
    }
  }

  private List<OutputComparison> compare(Rebuild rebuild, SortedMap<String, PathInfo> rebuilt) throws IOException {
    List<OutputComparison> outputs = new ArrayList<>();
    for (Map.Entry<String, PathInfo> output : rebuild.stored().entrySet()) {
      PathInfo was = output.getValue();
      PathInfo is = Objects.requireNonNull(rebuilt.get(output.getKey()), "a builder gives every output");
      TreeDiff.Result diff = TreeDiff.between(castore, was.root(), is.root(), bounds);
      outputs.add(new OutputComparison(output.getKey(), was.path(), is.path(), diff.differences(), diff.truncated()));
    }
    return outputs;
  }
}
