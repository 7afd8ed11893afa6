package dev.kiln.castore.fs;

import java.io.IOException;

/** A tree has more than its reader was told to take. */
public final class FileTreeTooLarge extends IOException {

  FileTreeTooLarge(String path, long limit, String unit) {
    super("more than " + limit + " " + unit + ", seen at '" + path + "'");
  }
}
