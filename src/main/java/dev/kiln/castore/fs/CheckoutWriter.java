package dev.kiln.castore.fs;

import java.io.IOException;

import org.jspecify.annotations.Nullable;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.Directory;
import dev.kiln.castore.Node.DirectoryNode;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.castore.Node.SymlinkNode;
import dev.kiln.castore.NodeVisitor;
import dev.kiln.castore.PathComponent;
import dev.kiln.posix.DirectoryCursor;

/** Lays a tree out below a cursor, with the permissions and times that Nix gives to what is in its store (posix-fs-canonicalise.cc). */
final class CheckoutWriter implements NodeVisitor {

  private static final int WHILE_WRITTEN = 0700;
  private static final int DIRECTORY = 0555;

  private final DirectoryCursor cursor;
  private final ByteString rootName;
  private final BlobLinks blobs;

  CheckoutWriter(DirectoryCursor cursor, ByteString rootName, BlobLinks blobs) {
    this.cursor = cursor;
    this.rootName = rootName;
    this.blobs = blobs;
  }

  @Override
  public void enter(@Nullable PathComponent name, DirectoryNode directory, Directory entries) throws IOException {
    cursor.here().makeDirectory(raw(name), WHILE_WRITTEN);
    cursor.enter(raw(name));
  }

  @Override
  public void leave() throws IOException {
    cursor.here().chmod(DIRECTORY);
    cursor.here().setTimes(BlobLinks.ONE_SECOND);
    cursor.leave();
  }

  @Override
  public void file(@Nullable PathComponent name, FileNode file) throws IOException {
    blobs.place(file, cursor.here(), raw(name));
  }

  @Override
  public void symlink(@Nullable PathComponent name, SymlinkNode link) throws IOException {
    cursor.here().makeSymlink(raw(name), link.target());
    cursor.here().setTimes(raw(name), BlobLinks.ONE_SECOND);
  }

  private ByteString raw(@Nullable PathComponent name) {
    return name == null ? rootName : name.bytes();
  }
}
