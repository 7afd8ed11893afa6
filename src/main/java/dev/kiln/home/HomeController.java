package dev.kiln.home;

import java.nio.charset.StandardCharsets;
import java.util.List;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.info.BuildProperties;
import org.springframework.http.CacheControl;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.support.ServletUriComponentsBuilder;

import dev.kiln.binarycache.Signer;
import dev.kiln.http.Accept;

/** The way in: how to read from this Kiln and to push to it, and the key that it signs with. */
@RestController
@Tag(name = "About", description = "What this Kiln is")
class HomeController {

  private static final MediaType HTML = new MediaType(MediaType.TEXT_HTML, StandardCharsets.UTF_8);

  private final Signer signer;
  private final String version;

  /** @param build absent where classes run that Maven did not package */
  HomeController(Signer signer, ObjectProvider<BuildProperties> build) {
    this.signer = signer;
    BuildProperties properties = build.getIfAvailable();
    String packaged = properties == null ? null : properties.getVersion();
    this.version = packaged == null ? "unknown" : packaged;
  }

  @GetMapping("/")
  @Operation(summary = "Tell what this Kiln is, its public key, and how to use it")
  @ApiResponse(responseCode = "200", description = "A page for browsers; for others the same as JSON", content = {
      @Content(mediaType = MediaType.APPLICATION_JSON_VALUE, schema = @Schema(implementation = HomeView.class)),
      @Content(mediaType = MediaType.TEXT_HTML_VALUE, schema = @Schema(type = "string"))})
  ResponseEntity<?> home(HttpServletRequest request,
      @Parameter(hidden = true) @RequestHeader(name = HttpHeaders.ACCEPT, required = false, defaultValue = "") List<String> accept) {
    HomeView view = HomeView.of(version, address(request), signer.publicKey());
    var answer = ResponseEntity.ok().varyBy(HttpHeaders.ACCEPT, HttpHeaders.HOST).cacheControl(CacheControl.noCache())
        .header("X-Content-Type-Options", "nosniff");
    if (!Accept.prefersHtml(accept)) {
      return answer.contentType(MediaType.APPLICATION_JSON).body(view);
    }
    return answer.contentType(HTML).header("Content-Security-Policy", HomePage.POLICY)
        .header("Referrer-Policy", "no-referrer").body(HomePage.of(view).getBytes(StandardCharsets.UTF_8));
  }

  /** As the client wrote it, which may be another than the one that Kiln listens on. */
  private static String address(HttpServletRequest request) {
    return ServletUriComponentsBuilder.fromRequestUri(request).replacePath(null).toUriString();
  }
}
