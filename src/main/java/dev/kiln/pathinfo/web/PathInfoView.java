package dev.kiln.pathinfo.web;

import java.time.Instant;
import java.util.List;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.swagger.v3.oas.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

import dev.kiln.castore.Node;
import dev.kiln.pathinfo.PathInfo;
import dev.kiln.pathinfo.Signature;
import dev.kiln.storepath.ContentAddress;
import dev.kiln.storepath.StorePath;

/** A path info, as JSON. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record PathInfoView(
    @Schema(example = "/nix/store/00bgd045z0d4icpbc2yyz4gx48ak44la-net-tools-1.60_p20170221182432") String path,
    @Schema(description = "SHA-256 of the path's NAR, as SRI") String narHash,
    @Schema(description = "Of the path's NAR, in bytes") long narSize,
    @Schema(description = "The paths that the content names, itself included where it does") List<String> references,
    @Nullable String deriver,
    @Schema(description = "Where the content alone names the path") @Nullable String ca,
    List<String> signatures,
    Instant registrationTime,
    RootView root) {

  /** A root node, as JSON. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record RootView(@Schema(allowableValues = {
      "directory", "regular", "symlink"}) String type,
      @Schema(description = "BLAKE3, in hexadecimal") @Nullable String digest, @Nullable Long size,
      @Nullable Boolean executable, @Nullable String target) {

    static RootView of(Node root) {
      return switch (root) {
        case Node.DirectoryNode node -> new RootView("directory", node.digest().hex(), node.size(), null, null);
        case Node.FileNode node -> new RootView("regular", node.digest().hex(), node.size(), node.executable(), null);
        case Node.SymlinkNode node -> new RootView("symlink", null, null, null, node.target().toString());
      };
    }
  }

  public static PathInfoView of(PathInfo info) {
    return new PathInfoView(info.path().toString(), info.narHash().sri(), info.narSize(),
        info.references().stream().map(StorePath::toString).toList(),
        info.deriver().map(StorePath::toString).orElse(null), info.ca().map(ContentAddress::render).orElse(null),
        info.signatures().stream().map(Signature::toString).toList(), info.registrationTime(),
        RootView.of(info.root()));
  }
}
