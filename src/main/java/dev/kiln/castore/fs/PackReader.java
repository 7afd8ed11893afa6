package dev.kiln.castore.fs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

import dev.kiln.castore.PackIndex.Place;

/** Reads blobs from packs, and ahead where one follows the other. Used by one thread at a time. */
final class PackReader {

  /** What is read at once, in bytes: no blob of a pack is larger. */
  private static final int WINDOW = 1 << 17;
  /** What may be skipped between two blobs that follow each other, in bytes. */
  private static final int GAP = 1 << 14;

  private final Packs packs;

  private long pack;
  private byte[] window = {};
  /** Where the window begins in the pack, and what of it holds bytes. */
  private int begin;
  private int length;
  /** Where the last blob ended, or nowhere. */
  private int last = Integer.MIN_VALUE / 2;

  PackReader(Packs packs) {
    this.packs = packs;
  }

  /**
   * @return to be closed before the next one is opened: the bytes are the window's
   * @throws IOException if the pack is not here, or too short
   */
  FileChannel open(Place place) throws IOException {
    if (place.pack() != pack || place.start() < begin || place.start() - begin + place.length() > length) {
      read(place);
    }
    last = place.start() + place.length();
    return new BytesChannel(window, place.start() - begin, place.length());
  }

  private void read(Place place) throws IOException {
    boolean follows = place.pack() == pack && place.start() >= last && place.start() - last <= GAP;
    int wanted = follows ? Math.max(WINDOW, place.length()) : place.length();
    if (window.length != wanted) {
      window = new byte[wanted];
    }
    // while it is filled it holds nothing
    length = 0;
    pack = place.pack();
    begin = place.start();
    length = packs.read(pack, begin, ByteBuffer.wrap(window), place.length());
  }
}
