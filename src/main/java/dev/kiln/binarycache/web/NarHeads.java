package dev.kiln.binarycache.web;

import java.io.IOException;
import java.util.Optional;
import java.util.OptionalLong;

import org.springframework.stereotype.Component;

import dev.kiln.binarycache.BinaryCache;
import dev.kiln.binarycache.BinaryCacheException;
import dev.kiln.binarycache.NarFileName;
import dev.kiln.binarycache.UploadedNar;
import dev.kiln.binarycache.UploadedNars;
import dev.kiln.compression.Compression;
import dev.kiln.pathinfo.PathInfo;

/**
 * Knows which NARs clients need not send. They name them by the hash of the compressed file, Kiln by that of the NAR: both are
 * known here.
 */
@Component
class NarHeads {

  /**
   * A NAR that is here.
   *
   * @param length in bytes, where it is known without making the file
   * @param ranges whether parts of it can be had
   */
  record Head(OptionalLong length, boolean ranges) {}

  private final UploadedNars nars;
  private final BinaryCache cache;

  NarHeads(UploadedNars nars, BinaryCache cache) {
    this.nars = nars;
    this.cache = cache;
  }

  /** @throws BinaryCacheException it is not here, or not all of it */
  Head find(NarFileName name) throws IOException {
    Optional<UploadedNar> sent = nars.find(name);
    if (sent.isPresent()) {
      // compressed again it has another length
      boolean plain = sent.get().compression() == Compression.NONE;
      return new Head(plain ? OptionalLong.of(sent.get().fileSize()) : OptionalLong.empty(), plain);
    }
    PathInfo info = cache.findNar(name.fileHash()).path();
    return name.suffix().isEmpty()
        ? new Head(OptionalLong.of(info.narSize()), true)
        : new Head(OptionalLong.empty(), false);
  }
}
