package dev.kiln.tar;

import org.jspecify.annotations.Nullable;

import dev.kiln.bytes.ByteString;

/** What stands before an entry's own header, and says of it what does not fit there. The POSIX form goes before GNU's. */
final class Extensions {

  private PaxRecords global = PaxRecords.NONE;
  private @Nullable PaxRecords local;
  private @Nullable ByteString longName;
  private @Nullable ByteString longLinkName;

  static boolean isExtension(TarHeader header) {
    return switch (header.type()) {
      case 'x', 'g', 'L', 'K' -> true;
      default -> false;
    };
  }

  /** @param payload of {@code header}, which {@link #isExtension} */
  void add(TarHeader header, ByteString payload) throws InvalidTar {
    long start = header.offset() + TarHeader.LENGTH;
    switch (header.type()) {
      case 'x' -> {
        requireFirst(header, local);
        local = PaxRecords.parse(payload, global, start);
      }
      case 'g' -> global = PaxRecords.parse(payload, global, start);
      case 'L' -> {
        requireFirst(header, longName);
        longName = withoutNulAtItsEnd(payload);
      }
      default -> {
        requireFirst(header, longLinkName);
        longLinkName = withoutNulAtItsEnd(payload);
      }
    }
  }

  /** Readers differ on which of two holds. */
  private static void requireFirst(TarHeader header, @Nullable Object former) throws InvalidTar {
    if (former != null) {
      throw new InvalidTar(header.offset(), "a second extension of type '" + header.type() + "' for one entry");
    }
  }

  private static ByteString withoutNulAtItsEnd(ByteString payload) {
    int end = payload.length();
    return end > 0 && payload.at(end - 1) == 0 ? payload.substring(0, end - 1) : payload;
  }

  ByteString name(TarHeader header) {
    return pax().path().orElseGet(() -> longName != null ? longName : header.name());
  }

  ByteString linkName(TarHeader header) {
    return pax().linkPath().orElseGet(() -> longLinkName != null ? longLinkName : header.linkName());
  }

  /** @return in bytes */
  long size(TarHeader header) throws InvalidTar {
    return pax().size().isPresent() ? pax().size().getAsLong() : header.size();
  }

  /** @return whether the content is not the file's, but the parts of it that are not zeros */
  boolean sparse() {
    return pax().sparse();
  }

  private PaxRecords pax() {
    return local != null ? local : global;
  }

  /** Forgets what held for one entry. */
  void clear() {
    local = null;
    longName = null;
    longLinkName = null;
  }

  /** @return whether something holds for the next entry alone */
  boolean awaitEntry() {
    return local != null || longName != null || longLinkName != null;
  }
}
