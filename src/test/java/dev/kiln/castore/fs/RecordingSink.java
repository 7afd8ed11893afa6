package dev.kiln.castore.fs;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.PathComponent;
import dev.kiln.castore.TreeSink;

/** Writes down what it is shown, one line for each call; bytes as Latin-1. */
final class RecordingSink implements TreeSink {

  final List<String> lines = new ArrayList<>();

  @Override
  public void enterDirectory(@Nullable PathComponent name) {
    lines.add("enter " + text(name));
  }

  @Override
  public void leaveDirectory() {
    lines.add("leave");
  }

  @Override
  public void file(@Nullable PathComponent name, boolean executable, long size, InputStream content)
      throws IOException {
    String text = new String(content.readAllBytes(), StandardCharsets.ISO_8859_1);
    lines.add((executable ? "executable " : "file ") + text(name) + " " + size + " " + text);
  }

  @Override
  public void symlink(@Nullable PathComponent name, ByteString target) {
    lines.add("link " + text(name) + " " + latin1(target));
  }

  private static String text(@Nullable PathComponent name) {
    return name == null ? "-" : latin1(name.bytes());
  }

  private static String latin1(ByteString bytes) {
    return new String(bytes.toByteArray(), StandardCharsets.ISO_8859_1);
  }
}
