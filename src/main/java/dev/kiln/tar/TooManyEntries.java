package dev.kiln.tar;

import java.io.IOException;

/** A tar has more entries than are kept in memory until its end, because their order in it is arbitrary. */
public final class TooManyEntries extends IOException {

  TooManyEntries(String limit) {
    super("the tar has more than " + limit + "; a NAR of the same tree is read without this limit");
  }
}
