package dev.kiln.store;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

import org.jspecify.annotations.Nullable;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.PathComponent;
import dev.kiln.castore.TreeSink;

/** What a builder makes: as lines of a shell, and, where nothing in it is known only to Nix, as the tree itself. */
sealed interface RandomTree {

  record Regular(List<Part> content, boolean executable) implements RandomTree {}

  /** @param entries by their names' bytes, as ISO 8859-1 */
  record Directory(SortedMap<String, RandomTree> entries) implements RandomTree {
    public Directory { entries = Collections.unmodifiableSortedMap(new TreeMap<>(entries)); }
  }

  record Link(List<Part> target) implements RandomTree {}

  /** A piece of a file or of a link's target. */
  sealed interface Part {}

  /** @param value bytes as ISO 8859-1; without NUL in a target */
  record Bytes(String value) implements Part {}

  record Run(int length, char value) implements Part {}

  /** @param expression of a string whose value only Nix knows */
  record Reference(String expression) implements Part {}

  /** Appends the commands that make this where {@code place}, a word of the shell, says. */
  default void make(NixText script, NixText place) {
    switch (this) {
      case Regular(List<Part> content, boolean executable) -> {
        script.raw("{ :;");
        content.forEach(part -> print(part, script));
        script.raw("} > ").add(place).raw("\n");
        if (executable) {
          script.raw("chmod +x ").add(place).raw("\n");
        }
      }
      case Directory(SortedMap<String, RandomTree> entries) -> {
        script.raw("mkdir ").add(place).raw("\n");
        entries.forEach((name, entry) -> entry.make(script, new NixText().add(place).raw("/").quoted(name)));
      }
      case Link(List<Part> target) -> {
        script.raw("ln -s '");
        for (Part part : target) {
          switch (part) {
            case Bytes(String value) -> script.raw(value.replace("'", "'\\''"));
            case Run(int length, char value) -> script.raw(String.valueOf(value).repeat(length));
            case Reference(String expression) -> script.nix(expression);
          }
        }
        script.raw("' ").add(place).raw("\n");
      }
    }
  }

  private static void print(Part part, NixText script) {
    switch (part) {
      case Bytes(String value) -> {
        script.raw(" printf '");
        value.chars().forEach(c -> {
          if (c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c > 0x80 && c < 0xA0) {
            script.raw(String.valueOf((char) c));
          } else {
            script.raw("\\%03o".formatted(c));
          }
        });
        script.raw("';");
      }
      case Run(int length, char value) -> script.raw(" head -c " + length + " /dev/zero | tr '\\0' " + value + ";");
      case Reference(String expression) -> script.raw(" printf %s '").nix(expression).raw("';");
    }
  }

  /** @throws IllegalStateException if there is a reference in it */
  default void sendTo(TreeSink sink, @Nullable PathComponent name) throws IOException {
    switch (this) {
      case Regular(List<Part> content, boolean executable) -> {
        byte[] bytes = bytes(content);
        sink.file(name, executable, bytes.length, new ByteArrayInputStream(bytes));
      }
      case Directory(SortedMap<String, RandomTree> entries) -> {
        sink.enterDirectory(name);
        for (var entry : entries.entrySet()) {
          entry.getValue().sendTo(sink, new PathComponent(
              ByteString.owning(entry.getKey().getBytes(StandardCharsets.ISO_8859_1))));
        }
        sink.leaveDirectory();
      }
      case Link(List<Part> target) -> sink.symlink(name, ByteString.owning(bytes(target)));
    }
  }

  /** @throws IllegalStateException if there is a reference among them */
  static byte[] bytes(List<Part> parts) {
    StringBuilder text = new StringBuilder();
    for (Part part : parts) {
      switch (part) {
        case Bytes(String value) -> text.append(value);
        case Run(int length, char value) -> text.repeat(value, length);
        case Reference(String expression) -> throw new IllegalStateException("only Nix knows " + expression);
      }
    }
    return text.toString().getBytes(StandardCharsets.ISO_8859_1);
  }
}
