package dev.kiln.binarycache;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Locale;

import com.github.luben.zstd.ZstdOutputStream;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

/** A form in which Kiln serves NARs. */
public enum NarForm {

  NONE("") {
    @Override
    public OutputStream compress(OutputStream out) {
      return out;
    }
  },
  ZSTD(".zst") {
    @Override
    public OutputStream compress(OutputStream out) throws IOException {
      return new ZstdOutputStream(out, ZSTD_LEVEL);
    }
  },
  /** With the preset that needs least: xz is for clients that take nothing else, and takes up to 94 MB with the usual one. */
  XZ(".xz") {
    @Override
    public OutputStream compress(OutputStream out) throws IOException {
      return new XZOutputStream(out, new LZMA2Options(LZMA2Options.PRESET_MIN));
    }
  };

  private static final int ZSTD_LEVEL = 3;

  private final String suffix;

  NarForm(String suffix) {
    this.suffix = suffix;
  }

  /** @return what follows {@code .nar} in the names of such files */
  public String suffix() {
    return suffix;
  }

  /** @return as a narinfo names it */
  public String nixName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** @return a stream whose end, by {@code close}, completes and closes {@code out} */
  public abstract OutputStream compress(OutputStream out) throws IOException;
}
