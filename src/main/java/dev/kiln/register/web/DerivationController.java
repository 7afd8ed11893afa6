package dev.kiln.register.web;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.ArraySchema;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.media.SchemaProperty;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.multipart.MultipartFile;
import org.springframework.web.multipart.MultipartHttpServletRequest;

import dev.kiln.derivation.Derivations;
import dev.kiln.derivation.KnownDerivation;
import dev.kiln.problem.Problems;
import dev.kiln.register.DerivationRegistrar;
import dev.kiln.register.DerivationUpload;
import dev.kiln.register.RegisterProperties;
import dev.kiln.register.Registration;
import dev.kiln.storepath.StorePath;

/** Derivations: what Kiln can build. */
@RestController
@RequestMapping("/api/v1/derivations")
@Tag(name = "Derivations", description = "What Kiln can build")
class DerivationController {

  private static final String DERIVATION = "text/x-nix-derivation";
  private static final String TAR = "application/x-tar";

  /** The derivation is not known. */
  static final class UnknownDerivation extends RuntimeException {
    UnknownDerivation(StorePath path) {
      super("derivation '" + path + "' is not known");
    }
  }

  private final DerivationRegistrar registrar;
  private final Derivations derivations;
  private final RegisterProperties properties;

  DerivationController(DerivationRegistrar registrar, Derivations derivations, RegisterProperties properties) {
    this.registrar = registrar;
    this.derivations = derivations;
    this.properties = properties;
  }

  @PutMapping(path = "/{drv}", consumes = MediaType.ALL_VALUE)
  @Operation(summary = "Register one derivation", description = """
      The body is the .drv file. Its name must fit its bytes, its outputs' paths must be those that follow from it, and all of its
      input derivations must be known. To register what is known already changes nothing.""")
  @ApiResponse(responseCode = "200", description = "It was known before")
  @ApiResponse(responseCode = "201", description = "It is known now")
  @ApiResponse(responseCode = "422", description = "It is no derivation, not the one that its name says, or needs unknown ones")
  ResponseEntity<RegistrationView> put(
      @Parameter(description = "<hash>-<name>.drv") @PathVariable String drv,
      @io.swagger.v3.oas.annotations.parameters.RequestBody(description = "The .drv file", content = @Content(mediaType = DERIVATION, schema = @Schema(type = "string"))) InputStream body)
      throws IOException {
    StorePath.parseBaseName(drv);
    DerivationUpload upload = upload();
    upload.add(drv, body);
    Registration registration = registrar.register(upload.files());
    return ResponseEntity.status(registration.registered() > 0 ? HttpStatus.CREATED : HttpStatus.OK)
        .body(RegistrationView.of(registration));
  }

  @PostMapping(consumes = TAR)
  @Operation(summary = "Register many derivations: all, or none", description = """
      The body is a tar of files named <hash>-<name>.drv, in any order, with or without directories before the names: for example
      the output of `nix-store -qR x.drv | grep drv$ | tar -c -T -`. Or it is a form (multipart/form-data) whose parts have such
      file names.""")
  @ApiResponse(responseCode = "200", description = "They are known now")
  @ApiResponse(responseCode = "422", description = "One of them is not what it says, or they need unknown ones: none was registered")
  @ResponseStatus(HttpStatus.OK)
  RegistrationView postTar(
      @io.swagger.v3.oas.annotations.parameters.RequestBody(description = "The tar", content = @Content(mediaType = TAR, schema = @Schema(type = "string", format = "binary"))) InputStream tar)
      throws IOException {
    return RegistrationView.of(registrar.registerTar(tar));
  }

  @PostMapping(consumes = MediaType.MULTIPART_FORM_DATA_VALUE)
  @Operation(summary = "Register many derivations: all, or none")
  @io.swagger.v3.oas.annotations.parameters.RequestBody(content = @Content(mediaType = MediaType.MULTIPART_FORM_DATA_VALUE, schemaProperties = @SchemaProperty(name = "file", array = @ArraySchema(schema = @Schema(type = "string", format = "binary")))))
  @ResponseStatus(HttpStatus.OK)
  RegistrationView postMultipart(MultipartHttpServletRequest request) throws IOException {
    DerivationUpload upload = upload();
    for (List<MultipartFile> parts : request.getMultiFileMap().values()) {
      for (MultipartFile part : parts) {
        String name = part.getOriginalFilename();
        try (InputStream content = part.getInputStream()) {
          upload.add(name == null ? part.getName() : name, content);
        }
      }
    }
    return RegistrationView.of(registrar.register(upload.files()));
  }

  @GetMapping("/{drv}")
  @Operation(summary = "Read a known derivation, as it was registered")
  @ApiResponse(responseCode = "200", description = "The .drv file", content = @Content(mediaType = DERIVATION, schema = @Schema(type = "string", example = "Derive([(\"out\",…")))
  @ApiResponse(responseCode = "404", description = "It is not known")
  ResponseEntity<byte[]> get(@Parameter(description = "<hash>-<name>.drv") @PathVariable String drv) {
    StorePath path = StorePath.parseBaseName(drv);
    KnownDerivation known = derivations.find(path.hash()).filter(found -> found.path().equals(path))
        .orElseThrow(() -> new UnknownDerivation(path));
    return ResponseEntity.ok().contentType(MediaType.parseMediaType(DERIVATION))
        .header("X-Content-Type-Options", "nosniff")
        .body(known.file().aterm().toByteArray());
  }

  private DerivationUpload upload() {
    return new DerivationUpload(properties.maxDerivations());
  }

  @ExceptionHandler
  ProblemDetail on(UnknownDerivation e) {
    return Problems.problem(HttpStatus.NOT_FOUND, "unknown-derivation", String.valueOf(e.getMessage()),
        "register it: PUT /api/v1/derivations/{hash-name.drv}, with its input derivations before it");
  }
}
