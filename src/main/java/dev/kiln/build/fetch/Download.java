package dev.kiln.build.fetch;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.util.OptionalLong;

import org.jspecify.annotations.Nullable;

import dev.kiln.build.BuildException;

/** Bytes on their way, counted. Reading fails with a {@link FetchFailed} if they stop coming, and ends if they are too many. */
final class Download extends InputStream {

  /** Where the bytes come from. */
  record Source(Url url, InputStream body, OptionalLong length, String encoding, Closeable connection) {}

  /** Looks whether more bytes can be taken. */
  interface Room {
    /** @throws BuildException.LimitExceeded if the disk is full */
    void check() throws IOException;
  }

  /** How many bytes come between two looks. */
  private static final long CHECK_ROOM = 64L << 20;

  private final Source source;
  private final long limit;
  private final Room room;
  private final Progress progress;
  private long count;
  private long nextCheck;
  private boolean ended;
  private @Nullable FetchFailed failure;
  private @Nullable BuildException refusal;

  /** @param limit of all, in bytes */
  Download(Source source, long limit, Room room, Progress progress) throws IOException {
    this.source = source;
    this.limit = limit;
    this.room = room;
    this.progress = progress;
    if (source.length().orElse(0) > limit) {
      throw tooLarge();
    }
    progress.begin(source.url(), source.length());
  }

  Url url() {
    return source.url();
  }

  /** @return how many bytes there are, if that is known beforehand */
  OptionalLong length() {
    return source.length();
  }

  /** @return how the server encoded what it has (HTTP's Content-Encoding); empty if it did not */
  String encoding() {
    return source.encoding();
  }

  /** @throws FetchFailed or a {@link BuildException} again, if reading failed: whoever decodes the bytes may have made something else of it */
  void requireUnbroken() throws FetchFailed {
    if (failure != null) {
      throw failure;
    }
    if (refusal != null) {
      throw refusal;
    }
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    int read;
    try {
      read = source.body().read(bytes, offset, length);
    } catch (SocketTimeoutException _) {
      failure = FetchFailed.forNow(FetchFailed.unable(url(), "Timeout was reached (28), after " + count + " bytes"));
      throw failure;
    } catch (IOException e) {
      failure = FetchFailed.forNow(FetchFailed.unable(url(), e.getMessage() + ", after " + count + " bytes"));
      throw failure;
    }
    if (read < 0) {
      end();
      return read;
    }
    count += read;
    try {
      requireRoom();
    } catch (BuildException e) {
      refusal = e;
      throw e;
    }
    progress.at(count);
    return read;
  }

  private void requireRoom() throws IOException {
    if (count > limit) {
      throw tooLarge();
    }
    if (count >= nextCheck) {
      room.check();
      nextCheck = count + CHECK_ROOM;
    }
  }

  private void end() throws IOException {
    if (!ended) {
      ended = true;
      progress.end(count);
    }
  }

  private BuildException tooLarge() {
    return new BuildException.LimitExceeded(FetchFailed.unable(url(),
        "it has more than " + limit + " bytes (kiln.fetch.limits.size)"));
  }

  /** Breaks the connection off, if bytes are still to come. */
  @Override
  public void close() throws IOException {
    try {
      source.connection().close();
    } catch (IOException _) {
      // nobody reads it any more
    }
  }
}
