package dev.kiln.castore.fs;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.NonWritableChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Beside a file of the same content. */
class BytesChannelTests {

  @Test
  void readsAsAFileDoes(@TempDir Path dir) throws IOException {
    Random random = new Random(7);
    for (int size : new int[]{0, 1, 100, 65_535}) {
      byte[] content = new byte[size];
      random.nextBytes(content);
      Path path = Files.write(dir.resolve("file"), content);
      try (FileChannel file = FileChannel.open(path);
          FileChannel bytes = new BytesChannel(content, 0, content.length)) {
        assertThat(bytes.size()).isEqualTo(file.size());
        for (int i = 0; i < 500; i++) {
          long position = random.nextInt(size + 10);
          int count = random.nextInt(size / 2 + 10);
          switch (random.nextInt(5)) {
            case 0 -> assertThat(read(bytes, count)).isEqualTo(read(file, count));
            case 1 -> {
              bytes.position(Math.min(position, size));
              file.position(Math.min(position, size));
            }
            case 2 -> assertThat(readAt(bytes, position, count)).isEqualTo(readAt(file, position, count));
            case 3 -> assertThat(transfer(bytes, position, count)).isEqualTo(transfer(file, position, count));
            default -> assertThat(scatter(bytes, count)).isEqualTo(scatter(file, count));
          }
          assertThat(bytes.position()).isEqualTo(file.position());
        }
      }
    }
  }

  private static Object read(FileChannel channel, int count) throws IOException {
    ByteBuffer target = ByteBuffer.allocate(count);
    return channel.read(target) + " " + target.flip().hashCode();
  }

  private static Object readAt(FileChannel channel, long position, int count) throws IOException {
    ByteBuffer target = ByteBuffer.allocate(count);
    return channel.read(target, position) + " " + target.flip().hashCode();
  }

  private static Object scatter(FileChannel channel, int count) throws IOException {
    ByteBuffer[] targets = {ByteBuffer.allocate(count), ByteBuffer.allocate(3)};
    return channel.read(targets) + " " + targets[0].flip().hashCode() + " " + targets[1].flip().hashCode();
  }

  private static Object transfer(FileChannel channel, long position, int count) throws IOException {
    ByteArrayOutputStream target = new ByteArrayOutputStream();
    long transferred = channel.transferTo(position, count, Channels.newChannel(target));
    return transferred + " " + ByteBuffer.wrap(target.toByteArray()).hashCode();
  }

  @Test
  void canNeitherBeWrittenNorReadAfterItIsClosed() throws IOException {
    FileChannel bytes = new BytesChannel(new byte[10], 0, 10);
    assertThatThrownBy(() -> bytes.write(ByteBuffer.allocate(1))).isInstanceOf(NonWritableChannelException.class);
    assertThatThrownBy(() -> bytes.truncate(1)).isInstanceOf(NonWritableChannelException.class);
    bytes.close();
    assertThatThrownBy(() -> bytes.read(ByteBuffer.allocate(1))).isInstanceOf(ClosedChannelException.class);
    assertThatThrownBy(bytes::size).isInstanceOf(ClosedChannelException.class);
  }
}
