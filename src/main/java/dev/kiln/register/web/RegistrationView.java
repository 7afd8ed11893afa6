package dev.kiln.register.web;

import java.util.List;

import io.swagger.v3.oas.annotations.media.Schema;

import dev.kiln.register.Registration;
import dev.kiln.storepath.StorePath;

/** What came of registering derivations, as JSON. */
record RegistrationView(@Schema(description = "Derivations that are new", example = "3") int registered,
    @Schema(description = "Derivations that were known before", example = "0") int alreadyKnown,
    @Schema(description = "Sources that they need and that have to be imported before they can be built") List<String> missingSources) {

  static RegistrationView of(Registration registration) {
    return new RegistrationView(registration.registered(), registration.alreadyKnown(),
        registration.missingSources().stream().map(StorePath::toString).toList());
  }
}
