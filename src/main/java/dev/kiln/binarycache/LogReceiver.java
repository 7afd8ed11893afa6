package dev.kiln.binarycache;

import java.io.FilterInputStream;
import java.io.IOException;

import org.springframework.stereotype.Service;
import org.springframework.util.unit.DataSize;

import dev.kiln.binarycache.UploadException.BrokenOff;
import dev.kiln.binarycache.UploadException.TooLarge;
import dev.kiln.castore.Blobs;
import dev.kiln.castore.Castore;
import dev.kiln.storepath.StorePath;

/** Takes logs of builds in that ran elsewhere ({@code nix store copy-log}). */
@Service
public class LogReceiver {

  private final Castore castore;
  private final UploadedLogs logs;
  private final UploadProperties properties;

  LogReceiver(Castore castore, UploadedLogs logs, UploadProperties properties) {
    this.castore = castore;
    this.logs = logs;
    this.properties = properties;
  }

  /** @throws UploadException why it was not kept */
  public void receive(StorePath derivation, UploadBody body) throws IOException {
    try (Blobs.Batch batch = castore.blobs().begin()) {
      Blobs.Blob log = batch.put(new Bounded(body, properties.maxLog()));
      batch.sync();
      logs.keep(derivation, log);
    } catch (IOException e) {
      if (body.failure() != null) {
        throw new BrokenOff("the log ended early: " + body.failure().getMessage());
      }
      throw e;
    }
  }

  private static final class Bounded extends FilterInputStream {

    private final DataSize limit;
    private final UploadBody body;

    Bounded(UploadBody body, DataSize limit) {
      super(body);
      this.body = body;
      this.limit = limit;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      int read = in.read(bytes, offset, length);
      if (body.count() > limit.toBytes()) {
        throw new TooLarge("the log is larger than " + limit.toMegabytes() + " MB, which is kiln.cache.max-log");
      }
      return read;
    }
  }
}
