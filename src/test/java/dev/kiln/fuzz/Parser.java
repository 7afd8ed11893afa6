package dev.kiln.fuzz;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

import dev.kiln.binarycache.InvalidNarInfo;
import dev.kiln.binarycache.NarInfo;
import dev.kiln.binarycache.RealisationFuzzing;
import dev.kiln.bytes.ByteString;
import dev.kiln.derivation.ATermReader;
import dev.kiln.derivation.ATermWriter;
import dev.kiln.derivation.InvalidDerivation;
import dev.kiln.hash.InvalidHash;
import dev.kiln.hash.NixHash;
import dev.kiln.json.InvalidJson;
import dev.kiln.json.JsonReader;
import dev.kiln.json.JsonWriter;
import dev.kiln.nar.InvalidNar;
import dev.kiln.nar.NarReader;
import dev.kiln.nar.NarSink;
import dev.kiln.storepath.ContentAddress;
import dev.kiln.storepath.InvalidStorePath;
import dev.kiln.storepath.StorePath;
import dev.kiln.tar.InvalidTar;
import dev.kiln.tar.TarEntry;
import dev.kiln.tar.TarReader;

import static org.assertj.core.api.Assertions.assertThat;

/** What reads bytes that anybody may send. Each takes them, or refuses them with its module's own exception. */
enum Parser {
  ATERM {
    @Override
    void read(byte[] input) {
      try {
        assertThat(ATermWriter.write(ATermReader.read(input)).toByteArray()).isEqualTo(input);
      } catch (InvalidDerivation _) {
        // Refused
      }
    }
  },
  NAR {
    @Override
    void read(byte[] input) throws IOException {
      var again = new ByteArrayOutputStream();
      try {
        new NarReader().read(new ByteArrayInputStream(input), new NarSink(again));
      } catch (InvalidNar _) {
        return;
      }
      assertThat(again.toByteArray()).isEqualTo(input);
    }
  },
  NAR_INFO {
    @Override
    void read(byte[] input) {
      try {
        NarInfo info = NarInfo.parse(input);
        assertThat(NarInfo.parse(info.render().getBytes(StandardCharsets.UTF_8))).isEqualTo(info);
      } catch (InvalidNarInfo _) {
        // Refused
      }
    }
  },
  STORE_PATH {
    @Override
    void read(byte[] input) {
      String text = new String(input, StandardCharsets.UTF_8);
      try {
        assertThat(StorePath.parse(text)).hasToString(text);
      } catch (InvalidStorePath _) {
        // Refused
      }
      try {
        ContentAddress address = ContentAddress.parse(text);
        assertThat(ContentAddress.parse(address.render())).isEqualTo(address);
      } catch (InvalidStorePath _) {
        // Refused
      }
      try {
        NixHash hash = NixHash.parse(text);
        assertThat(NixHash.parse(hash.sri())).isEqualTo(hash);
      } catch (InvalidHash _) {
        // Refused
      }
    }
  },
  TAR {
    @Override
    void read(byte[] input) throws IOException {
      var tar = new TarReader(new ByteArrayInputStream(input));
      try {
        for (Optional<TarEntry> entry = tar.next(); entry.isPresent(); entry = tar.next()) {
          try (InputStream content = tar.content()) {
            content.transferTo(OutputStream.nullOutputStream());
          }
        }
      } catch (InvalidTar _) {
        // Refused
      }
    }
  },
  REALISATION {
    @Override
    void read(byte[] input) {
      RealisationFuzzing.read(input);
    }
  },
  JSON {
    @Override
    void read(byte[] input) {
      ByteString written;
      try {
        written = JsonWriter.write(JsonReader.read(ByteString.copyOf(input)));
      } catch (InvalidJson _) {
        return;
      }
      assertThat(JsonWriter.write(JsonReader.read(written))).isEqualTo(written);
    }
  };

  /** Throws whatever is not the refusal that it should be. */
  abstract void read(byte[] input) throws IOException;

  void accept(byte[] input) {
    try {
      read(input);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
