package dev.kiln.http;

import java.util.List;

import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;

/** The request header {@code Accept} (RFC 9110), as far as pages and JSON are alternatives. */
public final class Accept {

  private Accept() {}

  /**
   * JSON is for whoever does not say; browsers say text/html first.
   *
   * @param values of all of the request's such headers
   */
  public static boolean prefersHtml(List<String> values) {
    List<MediaType> types;
    try {
      types = MediaType.parseMediaTypes(values);
    } catch (InvalidMediaTypeException _) {
      return false;
    }
    return types.stream().filter(type -> type.equalsTypeAndSubtype(MediaType.TEXT_HTML)).findFirst()
        .map(html -> types.stream().filter(MediaType.APPLICATION_JSON::equalsTypeAndSubtype)
            .allMatch(json -> json.getQualityValue() < html.getQualityValue()))
        .orElse(false);
  }
}
