package dev.kiln.store.web;

import java.util.List;

import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Response;
import org.jspecify.annotations.Nullable;

import dev.kiln.store.web.RangeRequest.Part;
import dev.kiln.store.web.RangeRequest.Parts;
import dev.kiln.store.web.RangeRequest.Unsatisfiable;
import dev.kiln.store.web.RangeRequest.Whole;

/**
 * What is sent of a file.
 *
 * @param from first byte of the body
 * @param to byte after the last
 */
record FileAnswer(HeldFile held, int status, long from, long to) {

  /** @return null if it is the controllers' to give: several parts, or a problem */
  static @Nullable FileAnswer of(HeldFile held, FileQuestion question, String method) {
    long size = held.file().size();
    if (question.equals(FileQuestion.PLAIN)) {
      return new FileAnswer(held, HttpStatus.OK_200, 0, HttpMethod.HEAD.is(method) ? 0 : size);
    }
    String tag = held.tag();
    if (tag.equals(question.ifNoneMatch())) {
      return new FileAnswer(held, HttpStatus.NOT_MODIFIED_304, 0, 0);
    }
    if (HttpMethod.HEAD.is(method)) {
      return new FileAnswer(held, HttpStatus.OK_200, 0, 0);
    }
    return switch (RangeRequest.of(question.range(), question.ifRange(), tag, size)) {
      case Whole _ -> new FileAnswer(held, HttpStatus.OK_200, 0, size);
      case Part(long from, long to) -> new FileAnswer(held, HttpStatus.PARTIAL_CONTENT_206, from, to);
      case Parts _,Unsatisfiable _ -> null;
    };
  }

  /** @return of the body, in bytes */
  long length() {
    return to - from;
  }

  void begin(Response response) {
    HttpFields.Mutable headers = response.getHeaders();
    List<HttpField> fields = held.fields();
    for (int i = 0; i < fields.size(); i++) {
      headers.add(fields.get(i));
    }
    switch (status) {
      case HttpStatus.PARTIAL_CONTENT_206 -> {
        response.setStatus(status);
        headers.add(HttpHeader.CONTENT_RANGE, "bytes " + from + '-' + (to - 1) + '/' + held.file().size());
        headers.add(new HttpField.LongValueHttpField(HttpHeader.CONTENT_LENGTH, length()));
      }
      default -> {
        response.setStatus(status);
        // of a 304, too: it is that of the file
        headers.add(held.length());
      }
    }
  }
}
