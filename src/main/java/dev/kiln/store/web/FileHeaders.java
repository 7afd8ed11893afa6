package dev.kiln.store.web;

import java.time.Duration;
import java.util.List;
import java.util.function.BiConsumer;

import org.springframework.http.CacheControl;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.MediaTypeFactory;

import dev.kiln.castore.Node.FileNode;
import dev.kiln.castore.PathComponent;
import dev.kiln.store.Found;
import dev.kiln.store.Location;

/** What every answer says of what it holds, whoever sends it. */
final class FileHeaders {

  /** What a path holds never changes. */
  static final CacheControl FOR_EVER = CacheControl.maxAge(Duration.ofDays(365)).cachePublic().immutable();

  private FileHeaders() {}

  /**
   * Tells the headers of anything in the store. Outputs are strangers' words: no script in them may run in Kiln's name, and no type
   * may be guessed.
   *
   * @param asked what the client asked for; {@code found} is where it led to
   */
  static void ofAny(Found found, Location asked, BiConsumer<String, String> header) {
    header.accept(HttpHeaders.CACHE_CONTROL, FOR_EVER.getHeaderValue());
    header.accept("X-Content-Type-Options", "nosniff");
    header.accept("Content-Security-Policy",
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self'");
    if (!found.location().equals(asked)) {
      header.accept(HttpHeaders.CONTENT_LOCATION, StoreController.PREFIX + StoreUrl.render(found.location()));
    }
  }

  /** Tells the headers of a file, but for those of the part of it that is sent. */
  static void ofFile(Found found, FileNode file, Location asked, BiConsumer<String, String> header) {
    ofAny(found, asked, header);
    header.accept(HttpHeaders.ETAG, tag(file));
    header.accept(HttpHeaders.CONTENT_TYPE, mediaType(found.location()).toString());
    header.accept(HttpHeaders.ACCEPT_RANGES, "bytes");
  }

  /** @return the {@code ETag} of a file */
  static String tag(FileNode file) {
    return '"' + file.digest().hex() + '"';
  }

  private static MediaType mediaType(Location location) {
    List<PathComponent> components = location.sub().components();
    String name = components.isEmpty() ? location.path().name().value() : components.getLast().toString();
    return MediaTypeFactory.getMediaType(name).orElse(MediaType.APPLICATION_OCTET_STREAM);
  }
}
