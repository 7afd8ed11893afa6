package dev.kiln.binarycache.web;

import java.io.IOException;
import java.util.Optional;

import io.swagger.v3.oas.annotations.Hidden;
import jakarta.servlet.http.HttpServletRequest;
import org.springframework.http.HttpHeaders;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestMethod;
import org.springframework.web.bind.annotation.RestController;

import dev.kiln.binarycache.BinaryCache;
import dev.kiln.binarycache.NarFileName;
import dev.kiln.binarycache.UploadedNar;
import dev.kiln.binarycache.UploadedNars;
import dev.kiln.pathinfo.PathInfo;

/**
 * Tells clients which NARs they need not send. They name them by the hash of the compressed file, Kiln by that of the NAR: both
 * are known here.
 */
@RestController
class NarHeadController {

  private static final String DIRECTORY = "/nar/";

  private final UploadedNars nars;
  private final BinaryCache cache;

  NarHeadController(UploadedNars nars, BinaryCache cache) {
    this.nars = nars;
    this.cache = cache;
  }

  @Hidden
  // the patterns of NarController too: of two that are alike, the one that names HEAD is taken
  @RequestMapping(path = {NarController.NAR, NarController.NAR + ".zst", NarController.NAR + ".xz",
      NarController.FILE}, method = RequestMethod.HEAD)
  ResponseEntity<Void> head(HttpServletRequest request) throws IOException {
    NarFileName name = NarFileName.parse(request.getRequestURI().substring(DIRECTORY.length()));
    Optional<UploadedNar> sent = nars.find(name);
    if (sent.isPresent()) {
      return ResponseEntity.ok().header(HttpHeaders.CONTENT_LENGTH, Long.toString(sent.get().fileSize())).build();
    }
    PathInfo info = cache.findNar(name.fileHash());
    ResponseEntity.BodyBuilder answer = ResponseEntity.ok();
    return name.suffix().isEmpty()
        ? answer.header(HttpHeaders.ACCEPT_RANGES, "bytes")
            .header(HttpHeaders.CONTENT_LENGTH, Long.toString(info.narSize())).build()
        : answer.build();
  }
}
