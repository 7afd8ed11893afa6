package dev.kiln.build.builtins;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.ClosedByInterruptException;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

import dev.kiln.build.BuildException;
import dev.kiln.build.BuildRequest;
import dev.kiln.build.BuildResult;
import dev.kiln.build.Builtin;
import dev.kiln.build.FixedOutputs;
import dev.kiln.build.ReferenceScanner;
import dev.kiln.bytes.ByteString;
import dev.kiln.castore.Castore;
import dev.kiln.castore.Node;
import dev.kiln.derivation.Derivation;
import dev.kiln.derivation.DerivationOutput;
import dev.kiln.hash.HashAlgorithm;
import dev.kiln.hash.HashingOutputStream;
import dev.kiln.hash.NixHash;
import dev.kiln.nar.NarSink;
import dev.kiln.pathinfo.PathInfo;
import dev.kiln.storepath.ContentAddress;
import dev.kiln.storepath.StorePath;

/** A {@link Builtin} whose only output is a directory. */
abstract class TreeBuiltin implements Builtin {

  private static final String OUT = "out";
  /** Kept for what builders leave; a builtin that made such outputs would have to pass them, too. */
  private static final List<String> CHECKS = List.of("allowedReferences", "allowedRequisites", "disallowedReferences",
      "disallowedRequisites", "outputChecks");

  private final Castore castore;
  private final InstantSource clock;

  TreeBuiltin(Castore castore, InstantSource clock) {
    this.castore = castore;
    this.clock = clock;
  }

  /**
   * @param inputs what the builtin may see
   * @return the output's root, of durable content
   * @throws BuiltinFailed if the derivation asks for what cannot be done
   */
  abstract Node make(Derivation derivation, InputTrees inputs, OutputStream log)
      throws IOException, InterruptedException;

  Castore castore() {
    return castore;
  }

  @Override
  public BuildResult build(BuildRequest request, OutputStream log) throws InterruptedException {
    StorePath path = request.derivationPath();
    DerivationOutput promised = promised(request);
    try {
      Node root = make(request.derivation(), new InputTrees(castore, request.inputClosure()), log);
      return new BuildResult(new TreeMap<>(Map.of(OUT, info(request, promised, root))));
    } catch (BuiltinFailed e) {
      say(log, "error: " + e.getMessage());
      throw new BuildException.BuilderFailed(1);
    } catch (ClosedByInterruptException e) {
      // A channel says an interruption so, and leaves the thread's flag set
      Thread.interrupted();
      InterruptedException interrupted = new InterruptedException("build of '" + path + "'");
      interrupted.initCause(e);
      throw interrupted;
    } catch (IOException e) {
      throw new BuildException.MachineFailed("'" + path + "' could not be built: " + e.getMessage(), e);
    }
  }

  private DerivationOutput promised(BuildRequest request) {
    StorePath path = request.derivationPath();
    Derivation derivation = request.derivation();
    DerivationOutput promised = derivation.outputs().get(OUT);
    if (promised == null || derivation.outputs().size() > 1) {
      throw new BuildException.BadDerivation(
          "derivation '" + path + "' must have the output 'out' alone, because its builder is a builtin");
    }
    if (promised.statedPath().isEmpty()) {
      throw new BuildException.CannotBuildHere(
          "'" + path + "' is content-addressed and has a builtin as builder, which this Kiln does not support");
    }
    for (String check : CHECKS) {
      if (derivation.variable(check).isPresent()) {
        throw new BuildException.CannotBuildHere(
            "'" + path + "' has '" + check + "' and a builtin as builder, which this Kiln does not support");
      }
    }
    return promised;
  }

  private PathInfo info(BuildRequest request, DerivationOutput promised, Node root) throws IOException {
    StorePath path = promised.statedPath().orElseThrow();
    List<StorePath> candidates = new ArrayList<>(request.inputClosure().keySet());
    candidates.add(path);
    ReferenceScanner scanner = new ReferenceScanner(candidates);
    HashingOutputStream nar = new HashingOutputStream(scanner, HashAlgorithm.SHA256);
    Optional<ContentAddress> ca = Optional.empty();
    if (promised instanceof DerivationOutput.Fixed fixed) {
      HashingOutputStream recursive = new HashingOutputStream(nar, fixed.hash().algorithm());
      castore.walk(root, new NarSink(recursive));
      NixHash got = switch (fixed.method()) {
        case FLAT -> throw FixedOutputs.notAPlainFile(path);
        case RECURSIVE -> recursive.hash();
      };
      ca = Optional.of(FixedOutputs.verify(request.derivationPath(), fixed, got, scanner.found()));
    } else {
      castore.walk(root, new NarSink(nar));
    }
    return new PathInfo(path, root, nar.hash(), nar.count(), scanner.found(), Optional.of(request.derivationPath()), ca,
        List.of(), clock.instant().truncatedTo(ChronoUnit.SECONDS));
  }

  static ByteString attribute(Derivation derivation, String name) throws BuiltinFailed {
    return derivation.variable(name).orElseThrow(() -> new BuiltinFailed("attribute '" + name + "' missing"));
  }

  static void say(OutputStream log, String line) {
    try {
      ByteString.utf8(line + "\n").writeTo(log);
    } catch (IOException e) {
      throw new BuildException.MachineFailed("the log of a build cannot be written: " + e.getMessage(), e);
    }
  }
}
