package dev.kiln.store.web;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;

import org.springframework.core.io.AbstractResource;

import dev.kiln.castore.Node.FileNode;
import dev.kiln.store.StoreReader;

/** A file's content, as Spring sends it, whole or by ranges. */
final class BlobResource extends AbstractResource {

  private final StoreReader reader;
  private final FileNode file;

  BlobResource(StoreReader reader, FileNode file) {
    this.reader = reader;
    this.file = file;
  }

  @Override
  public boolean exists() {
    return true;
  }

  @Override
  public long contentLength() {
    return file.size();
  }

  @Override
  public InputStream getInputStream() throws IOException {
    return Channels.newInputStream(reader.open(file));
  }

  @Override
  public String getDescription() {
    return "blob " + file.digest();
  }
}
