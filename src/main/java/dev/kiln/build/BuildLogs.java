package dev.kiln.build;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** What builders printed, byte for byte. */
public interface BuildLogs {

  /** Begins the log of a build, which can be read while it grows, in place of that of an attempt before. The caller closes it. */
  OutputStream create(UUID build) throws IOException;

  /** @return what there is of the log so far; the caller closes it */
  Optional<FileChannel> open(UUID build) throws IOException;

  /** @return at most {@code lines} last lines, as text that is fit to be shown: what is not UTF-8 is replaced */
  List<String> tail(UUID build, int lines) throws IOException;

  /** @return in bytes, so far; 0 if there is none */
  long size(UUID build) throws IOException;
}
