package dev.kiln.store.web;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.swagger.v3.oas.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

import dev.kiln.castore.Node;
import dev.kiln.store.Found;

/** What something in the store is, as JSON. */
@JsonInclude(JsonInclude.Include.NON_NULL)
record StatView(
    @Schema(description = "Where it is, after all links that were followed") String path,
    @Schema(allowableValues = {
        "directory", "regular", "symlink"}) String type,
    @Schema(description = "Bytes of a file; entries below, at any depth, of a directory") @Nullable Long size,
    @Nullable Boolean executable,
    @Nullable String target,
    @Schema(description = "BLAKE3 of a file's content or of a directory's canonical encoding, in hexadecimal") @Nullable String digest) {

  static StatView of(Found found) {
    String path = found.location().toString();
    return switch (found.node()) {
      case Node.DirectoryNode node -> new StatView(path, "directory", node.size(), null, null, node.digest().hex());
      case Node.FileNode node ->
        new StatView(path, "regular", node.size(), node.executable(), null, node.digest().hex());
      case Node.SymlinkNode node -> new StatView(path, "symlink", null, null, node.target().toString(), null);
    };
  }
}
