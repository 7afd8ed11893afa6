package dev.kiln.binarycache.web;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

import jakarta.servlet.http.HttpServletResponse;

import dev.kiln.binarycache.NarInfo;

/** A narinfo as an answer. Written by hand: look-ups come by the thousand, and Spring's return values take half of the time. */
final class NarInfoResponse {

  static final String CONTENT_TYPE = "text/x-nix-narinfo";

  private NarInfoResponse() {}

  static void write(NarInfo narInfo, HttpServletResponse response) throws IOException {
    byte[] text = narInfo.render().getBytes(StandardCharsets.UTF_8);
    response.setContentType(CONTENT_TYPE);
    response.setContentLength(text.length);
    response.getOutputStream().write(text);
  }
}
