package dev.kiln.store.web;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.PreEncodedHttpField;

import dev.kiln.castore.Node.FileNode;
import dev.kiln.store.FoundHere;
import dev.kiln.store.Location;

/**
 * A file that is here, and the head of its answer, encoded once.
 *
 * @param fields all but the length of the whole file
 * @param length of the whole file
 */
record HeldFile(FoundHere here, FileNode file, List<HttpField> fields, HttpField length) {

  /** What this takes of the heap beside its fields, in bytes, more or less. */
  private static final int FOOTPRINT = 400;
  /** What a field takes beside its text, in bytes; it is kept as a string, and encoded for two versions of HTTP. */
  private static final int FIELD_FOOTPRINT = 120;

  /** Most fields are those of many files; there are as many as there are types of files. */
  private static final Map<String, HttpField> SHARED = new ConcurrentHashMap<>();

  static HeldFile of(FoundHere here, FileNode file, Location asked, Optional<String> disposition) {
    List<HttpField> fields = new ArrayList<>();
    FileHeaders.ofFile(here.found(), file, asked, (name, value) -> fields.add(field(name, value)));
    disposition.ifPresent(value -> fields.add(field(HttpHeader.CONTENT_DISPOSITION.asString(), value)));
    return new HeldFile(here, file, List.copyOf(fields),
        new PreEncodedHttpField(HttpHeader.CONTENT_LENGTH, Long.toString(file.size())));
  }

  private static HttpField field(String name, String value) {
    return isOwn(name)
        ? encoded(name, value)
        : SHARED.computeIfAbsent(name + ':' + value, _ -> encoded(name, value));
  }

  private static HttpField encoded(String name, String value) {
    return new PreEncodedHttpField(HttpHeader.CACHE.get(name), name, value);
  }

  private static boolean isOwn(String name) {
    return HttpHeader.ETAG.is(name) || HttpHeader.CONTENT_LOCATION.is(name);
  }

  /** @return what this takes of the heap, in bytes, more or less */
  int footprint() {
    int sum = FOOTPRINT;
    for (HttpField field : fields) {
      if (isOwn(field.getName())) {
        sum += FIELD_FOOTPRINT + 3 * field.getValue().length();
      }
    }
    return sum;
  }

  String tag() {
    return FileHeaders.tag(file);
  }
}
