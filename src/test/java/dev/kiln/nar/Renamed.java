package dev.kiln.nar;

import java.io.IOException;
import java.io.InputStream;

import org.jspecify.annotations.Nullable;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.PathComponent;
import dev.kiln.castore.TreeSink;

/** Gives the root of a tree a name, so that it is an entry of another. */
record Renamed(TreeSink sink, String rootName) implements TreeSink {

  @Override
  public void enterDirectory(@Nullable PathComponent name) throws IOException {
    sink.enterDirectory(named(name));
  }

  @Override
  public void leaveDirectory() throws IOException {
    sink.leaveDirectory();
  }

  @Override
  public void file(@Nullable PathComponent name, boolean executable, long size, InputStream content)
      throws IOException {
    sink.file(named(name), executable, size, content);
  }

  @Override
  public void symlink(@Nullable PathComponent name, ByteString target) throws IOException {
    sink.symlink(named(name), target);
  }

  private PathComponent named(@Nullable PathComponent name) {
    return name == null ? PathComponent.utf8(rootName) : name;
  }
}
