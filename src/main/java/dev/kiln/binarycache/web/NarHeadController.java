package dev.kiln.binarycache.web;

import org.springframework.http.HttpHeaders;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestMethod;
import org.springframework.web.bind.annotation.RestController;

import dev.kiln.binarycache.NarFileName;
import dev.kiln.binarycache.UploadedNars;

/** Saves clients from sending a NAR twice. */
@RestController
class NarHeadController {

  private final UploadedNars nars;

  NarHeadController(UploadedNars nars) {
    this.nars = nars;
  }

  @RequestMapping(path = "/nar/{file}", method = RequestMethod.HEAD)
  ResponseEntity<Void> head(@PathVariable String file) {
    return nars.find(NarFileName.parse(file))
        .map(nar -> ResponseEntity.ok().header(HttpHeaders.CONTENT_LENGTH, Long.toString(nar.fileSize())).<Void>build())
        .orElseGet(() -> ResponseEntity.notFound().build());
  }
}
