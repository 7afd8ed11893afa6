package dev.kiln.binarycache.web;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

import io.swagger.v3.oas.annotations.Hidden;
import jakarta.servlet.http.HttpServletRequest;
import org.springframework.http.HttpHeaders;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestMethod;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.util.UriUtils;

import dev.kiln.binarycache.NarFileName;
import dev.kiln.binarycache.web.NarHeads.Head;

/** Tells clients which NARs they need not send. */
@RestController
class NarHeadController {

  private static final String DIRECTORY = "/nar/";

  private final NarHeads heads;

  NarHeadController(NarHeads heads) {
    this.heads = heads;
  }

  @Hidden
  // the patterns of NarController too: of two that are alike, the one that names HEAD is taken
  @RequestMapping(path = {NarController.NAR, NarController.NAR + ".zst", NarController.NAR + ".xz",
      NarController.FILE}, method = RequestMethod.HEAD)
  ResponseEntity<Void> head(HttpServletRequest request) throws IOException {
    String target = UriUtils.decode(request.getRequestURI(), StandardCharsets.UTF_8);
    Head head = heads.find(NarFileName.parse(target.substring(DIRECTORY.length())));
    ResponseEntity.BodyBuilder answer = ResponseEntity.ok();
    head.length().ifPresent(length -> answer.header(HttpHeaders.CONTENT_LENGTH, Long.toString(length)));
    return head.ranges() ? answer.header(HttpHeaders.ACCEPT_RANGES, "bytes").build() : answer.build();
  }
}
