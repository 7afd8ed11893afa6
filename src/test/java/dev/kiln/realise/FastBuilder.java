package dev.kiln.realise;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

import dev.kiln.build.BuildException;
import dev.kiln.build.BuildRequest;
import dev.kiln.build.BuildResult;
import dev.kiln.build.Builder;
import dev.kiln.bytes.ByteString;
import dev.kiln.castore.Castore;
import dev.kiln.nar.IngestedTree;
import dev.kiln.pathinfo.PathInfo;
import dev.kiln.storepath.StorePath;

/** Writes one and the same small file into every output. A script tells what else to do: {@code fail}, {@code wait} and so on. */
final class FastBuilder implements Builder {

  final Map<StorePath, Integer> runs = new ConcurrentHashMap<>();
  final Set<Thread> threads = ConcurrentHashMap.newKeySet();
  final AtomicInteger running = new AtomicInteger();
  final AtomicInteger most = new AtomicInteger();
  /** Derivations that were built twice at the same time. */
  final Set<StorePath> twice = ConcurrentHashMap.newKeySet();
  private final Set<StorePath> now = ConcurrentHashMap.newKeySet();
  volatile CountDownLatch gate = new CountDownLatch(0);
  private final Castore castore;
  private volatile Optional<IngestedTree> content = Optional.empty();

  FastBuilder(Castore castore) {
    this.castore = castore;
  }

  @Override
  public BuildResult build(BuildRequest request, OutputStream log) throws InterruptedException {
    int run = runs.merge(request.derivationPath(), 1, Integer::sum);
    if (!now.add(request.derivationPath())) {
      twice.add(request.derivationPath());
    }
    threads.add(Thread.currentThread());
    most.accumulateAndGet(running.incrementAndGet(), Math::max);
    try {
      switch (request.derivation().args().getLast().toString()) {
        case "fail" -> throw new BuildException.BuilderFailed(3);
        case "wait" -> gate.await();
        case "machine" -> {
          if (run == 1) {
            throw new BuildException.MachineFailed("out of everything", null);
          }
        }
        case "defect" -> throw new StackOverflowError("a defect of the builder");
        case "pause" -> Thread.sleep(20);
        default -> {
        }
      }
      TreeMap<String, PathInfo> outputs = new TreeMap<>();
      for (String name : request.derivation().outputs().keySet()) {
        outputs.put(name, info(request, request.derivation().outputPath(name).orElseThrow()));
      }
      return new BuildResult(outputs);
    } finally {
      running.decrementAndGet();
      now.remove(request.derivationPath());
    }
  }

  private PathInfo info(BuildRequest request, StorePath path) {
    IngestedTree tree = content();
    return new PathInfo(path, tree.root(), tree.narHash(), tree.narSize(), new TreeSet<>(),
        Optional.of(request.derivationPath()), Optional.empty(), List.of(), Instant.EPOCH);
  }

  private synchronized IngestedTree content() {
    if (content.isEmpty()) {
      try {
        content = Optional.of(IngestedTree.of(castore,
            sink -> sink.file(null, false, 2, ByteString.utf8("x\n").newInput())));
      } catch (IOException e) {
        throw new BuildException.MachineFailed("no disk", e);
      }
    }
    return content.orElseThrow();
  }
}
