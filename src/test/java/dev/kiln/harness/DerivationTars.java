package dev.kiln.harness;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;

import dev.kiln.bytes.ByteString;
import dev.kiln.derivation.KnownDerivation;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

/** Writes tars of derivations, as {@code tar} does of their files. */
public final class DerivationTars {

  private static final int BLOCK = 512;

  private final ByteArrayOutputStream tar = new ByteArrayOutputStream();

  /** @return of their files, in this order */
  public static byte[] of(List<KnownDerivation> derivations) {
    DerivationTars tars = new DerivationTars();
    derivations.forEach(known -> tars.add(known.path().baseName(), known.file().aterm()));
    return tars.end();
  }

  public void add(String name, ByteString content) {
    byte[] header = new byte[BLOCK];
    put(header, 0, name);
    put(header, 124, "%011o".formatted(content.length()));
    header[156] = '0';
    put(header, 257, "ustar\00000");
    Arrays.fill(header, 148, 156, (byte) ' ');
    int sum = 0;
    for (byte each : header) {
      sum += each & 0xff;
    }
    put(header, 148, "%06o\0 ".formatted(sum));
    tar.writeBytes(header);
    tar.writeBytes(Arrays.copyOf(content.toByteArray(), (content.length() + BLOCK - 1) / BLOCK * BLOCK));
  }

  public byte[] end() {
    tar.writeBytes(new byte[2 * BLOCK]);
    return tar.toByteArray();
  }

  private static void put(byte[] block, int at, String text) {
    System.arraycopy(text.getBytes(ISO_8859_1), 0, block, at, text.length());
  }
}
