package dev.kiln.postgres;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketImpl;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Objects;

import org.jspecify.annotations.Nullable;

/**
 * A {@link Socket} over a UNIX-domain {@link SocketChannel}. Options that speak of TCP are taken and have no effect. As
 * with every channel, a thread that is interrupted while it reads or writes loses the connection.
 */
final class UnixSocket extends Socket {

  private final Path path;
  private final SocketChannel channel;
  private final InputStream in = new ChannelInput();
  private final OutputStream out = new ChannelOutput();
  private volatile boolean connected;
  private volatile int timeoutMillis;
  private volatile @Nullable Selector waiting;

  UnixSocket(Path path) throws IOException {
    // No implementation of TCP below: every method that could reach it is overridden here.
    super((SocketImpl) null);
    this.path = path;
    this.channel = SocketChannel.open(StandardProtocolFamily.UNIX);
  }

  void connect() throws IOException {
    channel.connect(UnixDomainSocketAddress.of(path));
    connected = true;
  }

  /** Connects to the UNIX socket, whatever the address. A UNIX socket connects at once or not at all: no timeout. */
  @Override
  public void connect(SocketAddress address, int timeout) throws IOException {
    connect();
  }

  @Override
  public void connect(SocketAddress address) throws IOException {
    connect();
  }

  @Override
  public InputStream getInputStream() {
    return in;
  }

  @Override
  public OutputStream getOutputStream() {
    return out;
  }

  /** Unblocks a thread that reads or writes; it sees an IOException. */
  @Override
  public void close() throws IOException {
    channel.close();
    // A closed channel does not wake a selector that waits for it.
    Selector selector = waiting;
    if (selector != null)
      selector.wakeup();
  }

  @Override
  public void shutdownInput() throws IOException {
    channel.shutdownInput();
  }

  @Override
  public void shutdownOutput() throws IOException {
    channel.shutdownOutput();
  }

  @Override
  public boolean isConnected() {
    return connected;
  }

  @Override
  public boolean isBound() {
    return connected;
  }

  @Override
  public boolean isClosed() {
    return !channel.isOpen();
  }

  @Override
  public void setSoTimeout(int millis) {
    if (millis < 0)
      throw new IllegalArgumentException("timeout " + millis);
    timeoutMillis = millis;
  }

  @Override
  public int getSoTimeout() {
    return timeoutMillis;
  }

  @Override
  public void setTcpNoDelay(boolean on) {}

  @Override
  public boolean getTcpNoDelay() {
    return true;
  }

  @Override
  public void setKeepAlive(boolean on) {}

  @Override
  public boolean getKeepAlive() {
    return false;
  }

  @Override
  public void setSoLinger(boolean on, int linger) {}

  @Override
  public int getSoLinger() {
    return -1;
  }

  @Override
  public void setSendBufferSize(int size) {}

  @Override
  public int getSendBufferSize() {
    return 1 << 16;
  }

  @Override
  public void setReceiveBufferSize(int size) {}

  @Override
  public int getReceiveBufferSize() {
    return 1 << 16;
  }

  @Override
  public String toString() {
    return "UnixSocket[" + path + "]";
  }

  /**
   * Waits for input without a limit by a plain read, on which a virtual thread parks; the rare read with a limit makes
   * the channel non-blocking for as long as it takes. pgjdbc lets no other thread write meanwhile.
   */
  private int read(ByteBuffer buffer) throws IOException {
    int limit = timeoutMillis;
    if (limit == 0 || !buffer.hasRemaining())
      return channel.read(buffer);
    try (Selector selector = Selector.open()) {
      channel.configureBlocking(false);
      channel.register(selector, SelectionKey.OP_READ);
      waiting = selector;
      if (!channel.isOpen())
        throw new SocketException("Socket closed");
      if (selector.select(limit) == 0 && channel.isOpen()) {
        throw new SocketTimeoutException("Read timed out after " + limit + " ms");
      }
      return channel.read(buffer);
    } finally {
      waiting = null;
      if (channel.isOpen())
        channel.configureBlocking(true);
    }
  }

  private final class ChannelInput extends InputStream {

    @Override
    public int read() throws IOException {
      var one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      Objects.checkFromIndexSize(offset, length, bytes.length);
      return UnixSocket.this.read(ByteBuffer.wrap(bytes, offset, length));
    }

    @Override
    public void close() throws IOException {
      UnixSocket.this.close();
    }
  }

  private final class ChannelOutput extends OutputStream {

    @Override
    public void write(int b) throws IOException {
      write(new byte[]{(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      var buffer = ByteBuffer.wrap(bytes, offset, length);
      while (buffer.hasRemaining())
        channel.write(buffer);
    }

    @Override
    public void close() throws IOException {
      UnixSocket.this.close();
    }
  }
}
