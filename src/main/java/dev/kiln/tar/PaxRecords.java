package dev.kiln.tar;

import java.util.Optional;
import java.util.OptionalLong;

import org.jspecify.annotations.Nullable;

import dev.kiln.bytes.ByteString;

/**
 * What an extended header (POSIX: pax) says about the entry after it, or about all entries after it: lines of {@code length key=value},
 * where the length counts the whole line. Other keys than those below say nothing that castore keeps.
 */
final class PaxRecords {

  static final PaxRecords NONE = new PaxRecords();

  private static final int MAX_LENGTH_DIGITS = 9;
  private static final int MAX_SIZE_DIGITS = 19;

  private @Nullable ByteString path;
  private @Nullable ByteString linkPath;
  private @Nullable Long size;
  private boolean sparse;

  private PaxRecords() {}

  /**
   * @param earlier what still holds unless {@code records} say otherwise
   * @param offset where the records begin, for messages
   */
  static PaxRecords parse(ByteString records, PaxRecords earlier, long offset) throws InvalidTar {
    PaxRecords parsed = new PaxRecords();
    parsed.path = earlier.path;
    parsed.linkPath = earlier.linkPath;
    parsed.size = earlier.size;
    parsed.sparse = earlier.sparse;
    for (int at = 0; at < records.length();) {
      at = parsed.record(records, at, offset);
    }
    return parsed;
  }

  Optional<ByteString> path() {
    return Optional.ofNullable(path);
  }

  Optional<ByteString> linkPath() {
    return Optional.ofNullable(linkPath);
  }

  /** @return in bytes */
  OptionalLong size() {
    return size == null ? OptionalLong.empty() : OptionalLong.of(size);
  }

  /** @return whether the content is not the file's, but a part of it */
  boolean sparse() {
    return sparse;
  }

  /** @return where the next one begins */
  private int record(ByteString records, int from, long offset) throws InvalidTar {
    int blank = records.indexOf(' ', from);
    long length = blank < 0 ? -1 : decimal(records.substring(from, blank), MAX_LENGTH_DIGITS);
    if (length < 0) {
      throw new InvalidTar(offset + from, "an extended header has no length where one should be");
    }
    if (length > records.length() - from) {
      throw new InvalidTar(offset + from, "an extended header says that it has " + length + " bytes, but "
          + (records.length() - from) + " are left");
    }
    int end = from + (int) length;
    int equals = records.indexOf('=', blank);
    if (equals < 0 || equals >= end - 1 || records.at(end - 1) != '\n') {
      throw new InvalidTar(offset + from, "an extended header of " + length
          + " bytes is not of the form 'length key=value' and a line feed");
    }
    keep(records.substring(blank + 1, equals).toString(), records.substring(equals + 1, end - 1), offset + from);
    return end;
  }

  private void keep(String key, ByteString value, long offset) throws InvalidTar {
    switch (key) {
      case "path" -> path = value;
      case "linkpath" -> linkPath = value;
      case "size" -> {
        long number = decimal(value, MAX_SIZE_DIGITS);
        if (number < 0) {
          throw new InvalidTar(offset,
              "the size '" + InvalidTar.quote(value) + "' of an extended header is no number below 2^63");
        }
        size = number;
      }
      case "SCHILY.realsize" -> sparse = true;
      default -> sparse |= key.startsWith("GNU.sparse.");
    }
  }

  /** @return -1 for anything but 1 to {@code maxDigits} digits whose number a {@code long} holds */
  private static long decimal(ByteString digits, int maxDigits) {
    if (digits.isEmpty() || digits.length() > maxDigits) {
      return -1;
    }
    long value = 0;
    for (int i = 0; i < digits.length(); i++) {
      int digit = digits.at(i) - '0';
      // The sum of 19 digits may pass 2^63, and is negative then.
      if (digit < 0 || digit > 9 || value < 0) {
        return -1;
      }
      value = value * 10 + digit;
    }
    return value < 0 ? -1 : value;
  }
}
