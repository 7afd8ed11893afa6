import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Scanner;
import java.util.stream.Stream;

import dev.kiln.hash.Blake3;

/**
 * For blake3.py: hashes all files of a directory for each line of input, and prints the processor seconds
 * that it took with reading them, those of their bytes in memory alone, and the digests.
 */
final class HashFiles {

  public static void main(String[] arguments) throws IOException {
    List<Path> files;
    try (Stream<Path> list = Files.list(Path.of(arguments[0]))) {
      files = list.sorted().toList();
    }
    List<byte[]> contents = new ArrayList<>();
    for (Path path : files) {
      contents.add(Files.readAllBytes(path));
    }
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    byte[] buffer = new byte[1 << 16];
    for (Scanner in = new Scanner(System.in); in.hasNextLine(); in.nextLine()) {
      long begin = threads.getCurrentThreadCpuTime();
      List<String> digests = new ArrayList<>();
      for (Path path : files) {
        Blake3 blake3 = new Blake3();
        try (InputStream file = Files.newInputStream(path)) {
          for (int length; (length = file.readNBytes(buffer, 0, buffer.length)) > 0;) {
            blake3.update(buffer, 0, length);
          }
        }
        digests.add(blake3.digest().hex());
      }
      long middle = threads.getCurrentThreadCpuTime();
      for (int i = 0; i < contents.size(); i++) {
        if (!Blake3.of(contents.get(i)).hex().equals(digests.get(i))) {
          throw new IllegalStateException("another digest of the same bytes: " + files.get(i));
        }
      }
      long end = threads.getCurrentThreadCpuTime();
      System.out.println((middle - begin) / 1e9 + " " + (end - middle) / 1e9 + " " + String.join(" ", digests));
    }
  }
}
