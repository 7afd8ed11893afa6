package dev.kiln.binarycache;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * What a client sends, counted. It remembers when it was the client that failed: decoders make other errors of it. A client may
 * be slow, but not without end.
 */
public final class UploadBody extends InputStream {

  private static final int DRAINED = 1 << 16;

  private final InputStream in;
  private final UploadProperties properties;
  private final long begin = System.nanoTime();
  private long count;
  private @Nullable IOException failure;

  public UploadBody(InputStream in, UploadProperties properties) {
    this.in = in;
    this.properties = properties;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    try {
      int read = in.read(bytes, offset, length);
      count += Math.max(0, read);
      requireSpeed();
      return read;
    } catch (IOException e) {
      failure = e;
      throw e;
    }
  }

  private void requireSpeed() throws IOException {
    long seconds = Duration.ofNanos(System.nanoTime() - begin).minus(properties.uploadGrace()).toSeconds();
    long rate = properties.minUploadRate().toBytes();
    if (seconds > 0 && count / seconds < rate) {
      throw new IOException("less than " + rate + " bytes a second came, which is kiln.cache.min-upload-rate");
    }
  }

  /** @return in bytes, so far */
  long count() {
    return count;
  }

  /** @return why no more came */
  @Nullable
  IOException failure() {
    return failure;
  }

  /**
   * Reads what is left, but not for long: a client that is still sending when the connection is closed may never see the
   * answer.
   */
  public void drain(Duration patience, long most) {
    byte[] ignored = new byte[DRAINED];
    long deadline = System.nanoTime() + patience.toNanos();
    try {
      for (long drained = 0; failure == null && drained < most && System.nanoTime() - deadline < 0;) {
        int read = read(ignored, 0, ignored.length);
        if (read < 0) {
          return;
        }
        drained += read;
      }
    } catch (IOException _) {
      // it is gone: there is nobody to answer
    }
  }
}
