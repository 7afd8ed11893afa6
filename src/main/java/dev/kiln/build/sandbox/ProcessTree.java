package dev.kiln.build.sandbox;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a process and all below it use at one moment, as proc(5) tells. Who loses a parent in a PID namespace gets its first process
 * for one, so that nothing of a sandbox gets out of the tree of its first. What ends meanwhile is left out.
 *
 * @param threads of all processes
 * @param memory in bytes, swap included: what is private to each, and what the one with most of it shares
 * @param processorTime of all that live, and of those that they waited for
 */
record ProcessTree(long threads, long memory, Duration processorTime) {

  static final ProcessTree NONE = new ProcessTree(0, 0, Duration.ZERO);

  /** Of the kernel's interface to programs, the same on every machine that Kiln knows (USER_HZ). */
  private static final long MILLIS_PER_TICK = 10;

  // Behind the name, which may hold anything, in /proc/<pid>/stat
  private static final int PARENT = 1;
  private static final int USER_TIME = 11;
  private static final int CHILDREN_SYSTEM_TIME = 14;

  private record Entry(long pid, long parent, long ticks) {}

  /** @return {@link #NONE} if {@code root} is gone */
  static ProcessTree of(long root) throws IOException {
    Map<Long, List<Entry>> byParent = new HashMap<>();
    Deque<Entry> pending = new ArrayDeque<>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(Path.of("/proc"), "[1-9]*")) {
      for (Path process : all) {
        entry(process).ifPresent(entry -> {
          byParent.computeIfAbsent(entry.parent(), _ -> new ArrayList<>()).add(entry);
          if (entry.pid() == root) {
            pending.add(entry);
          }
        });
      }
    }
    long threads = 0;
    long memory = 0;
    long shared = 0;
    long ticks = 0;
    while (!pending.isEmpty()) {
      Entry entry = pending.pop();
      String status = read(Path.of("/proc", Long.toString(entry.pid()), "status"));
      threads += value(status, "Threads:");
      memory += (value(status, "RssAnon:") + value(status, "VmSwap:")) * 1024;
      shared = Math.max(shared, value(status, "RssShmem:") * 1024);
      ticks += entry.ticks();
      pending.addAll(byParent.getOrDefault(entry.pid(), List.of()));
    }
    return new ProcessTree(threads, memory + shared, Duration.ofMillis(ticks * MILLIS_PER_TICK));
  }

  private static Optional<Entry> entry(Path process) {
    String stat = read(process.resolve("stat"));
    int name = stat.lastIndexOf(')');
    if (name < 0) {
      return Optional.empty();
    }
    String[] fields = stat.substring(name + 2).split(" ", -1);
    long ticks = 0;
    for (int i = USER_TIME; i <= CHILDREN_SYSTEM_TIME; i++) {
      ticks += Long.parseLong(fields[i]);
    }
    return Optional.of(
        new Entry(Long.parseLong(BuildDirectory.nameOf(process)), Long.parseLong(fields[PARENT]), ticks));
  }

  /** A process that is ending has no memory any more, and no such lines. */
  private static long value(String status, String key) {
    return status.lines().filter(line -> line.startsWith(key)).mapToLong(
        line -> Long.parseLong(line.substring(key.length()).replace("kB", "").strip())).findFirst().orElse(0);
  }

  /** @return nothing of a process that is gone, or that is not to be seen */
  private static String read(Path file) {
    try (InputStream in = new FileInputStream(file.toFile())) {
      return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
    } catch (IOException _) {
      return "";
    }
  }
}
