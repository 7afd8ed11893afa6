package dev.kiln.store.web;

import java.util.List;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.swagger.v3.oas.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

import dev.kiln.castore.Directory;
import dev.kiln.castore.Node;
import dev.kiln.store.Found;

/** A directory, as JSON. */
record ListingView(
    @Schema(description = "Where the directory is, after all links that were followed") String path,
    List<EntryView> entries) {

  /** An entry. Names are bytes: {@code name} shows them as UTF-8, {@code href} has them exactly. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record EntryView(String name,
      @Schema(description = "The entry's URL path, percent-encoded") String href,
      @Schema(allowableValues = {"directory", "regular", "symlink"}) String type,
      @Schema(description = "Bytes of a file; entries below, at any depth, of a directory") @Nullable Long size,
      @Nullable Boolean executable,
      @Nullable String target) {}

  static ListingView of(Found found, Directory directory) {
    String base = StoreController.PREFIX + StoreUrl.render(found.location());
    List<EntryView> entries = directory.entries().stream()
        .map(entry -> entry(entry.name().toString(), base + "/" + StoreUrl.encode(entry.name()), entry.node()))
        .toList();
    return new ListingView(found.location().toString(), entries);
  }

  private static EntryView entry(String name, String href, Node node) {
    return switch (node) {
      case Node.DirectoryNode directory -> new EntryView(name, href, "directory", directory.size(), null, null);
      case Node.FileNode file -> new EntryView(name, href, "regular", file.size(), file.executable(), null);
      case Node.SymlinkNode link -> new EntryView(name, href, "symlink", null, null, link.target().toString());
    };
  }
}
