package dev.kiln.nar;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.BrokenStream;
import dev.kiln.castore.PathComponent;
import dev.kiln.castore.TreeSink;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class NarSinkTests {

  private final ByteArrayOutputStream nar = new ByteArrayOutputStream();

  @Test
  void writesWhatItPassesOn() throws IOException {
    ByteArrayOutputStream second = new ByteArrayOutputStream();
    NarSink sink = new NarSink(nar, new NarSink(second));
    sink.enterDirectory(null);
    sink.file(PathComponent.utf8("a"), false, 5, content("hello"));
    sink.symlink(PathComponent.utf8("b"), ByteString.utf8("a"));
    sink.leaveDirectory();
    byte[] expected = NarBytes.nar().words("( type directory").file("a", "hello")
        .words("entry ( name b node ( type symlink target a ) ) )").bytes();
    assertThat(nar.toByteArray()).isEqualTo(expected);
    assertThat(second.toByteArray()).isEqualTo(expected);
    assertThat(sink.size()).isEqualTo(expected.length);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 7, 8, 40_000, 65_536, 300_000})
  void writesAllOfAFileHoweverMuchTheNextReads(int read) throws IOException {
    String content = "0123456789".repeat(30_000);
    NarSink sink = new NarSink(nar, new Lazy(read));
    sink.file(null, true, content.length(), content(content));
    assertThat(nar.toByteArray()).isEqualTo(
        NarBytes.nar().words("( type regular executable \"\" contents").string(content).words(")").bytes());
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 4, 6, 1L << 40})
  void refusesAFileThatHasNotTheSizeItWasSaidToHave(long size) {
    assertThatThrownBy(() -> new NarSink(nar).file(PathComponent.utf8("grown"), false, size, content("hello")))
        .isInstanceOf(IOException.class).hasMessage("file 'grown' has 5 bytes, not " + size);
  }

  @Test
  void passesFailuresOfTheContentOn() {
    assertThatThrownBy(() -> new NarSink(nar).file(null, false, 10, new BrokenStream(new byte[5])))
        .isInstanceOf(IOException.class).hasMessage("connection reset");
  }

  @Test
  void theNextSeesAllOfTheTree() throws IOException {
    Lazy next = new Lazy(100);
    NarSink sink = new NarSink(nar, next);
    sink.enterDirectory(null);
    sink.enterDirectory(PathComponent.utf8("d"));
    sink.file(PathComponent.utf8("f"), true, 2, content("hi"));
    sink.leaveDirectory();
    sink.symlink(PathComponent.utf8("l"), ByteString.utf8("t"));
    sink.leaveDirectory();
    assertThat(next.events).containsExactly("enter null", "enter d", "file f true 2 hi", "leave", "link l t", "leave");
  }

  private static InputStream content(String content) {
    return new ByteArrayInputStream(content.getBytes(UTF_8));
  }

  /** Reads no more than so many bytes of each file. */
  private static final class Lazy implements TreeSink {

    private final int limit;
    private final List<String> events = new ArrayList<>();

    Lazy(int limit) {
      this.limit = limit;
    }

    @Override
    public void enterDirectory(@Nullable PathComponent name) {
      events.add("enter " + name);
    }

    @Override
    public void leaveDirectory() {
      events.add("leave");
    }

    @Override
    public void file(@Nullable PathComponent name, boolean executable, long size, InputStream content)
        throws IOException {
      String read = new String(content.readNBytes(limit), UTF_8);
      events.add("file " + name + " " + executable + " " + size + " " + read);
    }

    @Override
    public void symlink(@Nullable PathComponent name, ByteString target) {
      events.add("link " + name + " " + target);
    }
  }
}
