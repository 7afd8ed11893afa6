package dev.kiln.store.web;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

import jakarta.servlet.ServletContext;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.http.MediaTypeFactory;
import org.springframework.stereotype.Component;
import org.springframework.util.StringUtils;

/**
 * Says as what browsers should save a file whose extension might make a system run it (reflected file download). The rule is Spring's
 * (AbstractMessageConverterMethodProcessor), which adds the same where it is missing; it stands here because not all files are sent by
 * Spring.
 */
@Component
class Dispositions {

  private static final String HARMLESS = "inline;filename=f.txt";

  private static final Set<String> SAFE_EXTENSIONS = Set.of("txt", "text", "yml", "properties", "csv", "json", "xml",
      "atom", "rss", "png", "jpe", "jpeg", "jpg", "gif", "wbmp", "bmp");
  private static final Set<String> SAFE_TYPES = Set.of("audio", "image", "video");

  private final ServletContext servletContext;

  Dispositions(ServletContext servletContext) {
    this.servletContext = servletContext;
  }

  /**
   * Gives the {@code Content-Disposition} of a file.
   *
   * @param path that was asked for, as it was sent, without parameters
   */
  Optional<String> of(String path) {
    String name = StringUtils.uriDecode(path.substring(path.lastIndexOf('/') + 1), StandardCharsets.UTF_8);
    String extension = StringUtils.getFilenameExtension(name);
    return extension == null || extension.isBlank() || isSafe(extension.toLowerCase(Locale.ROOT))
        ? Optional.empty()
        : Optional.of(HARMLESS);
  }

  private boolean isSafe(String extension) {
    if (SAFE_EXTENSIONS.contains(extension)) {
      return true;
    }
    MediaType type = type("file." + extension);
    return type != null && (SAFE_TYPES.contains(type.getType()) || type.getSubtype().endsWith("+xml"));
  }

  private @Nullable MediaType type(String name) {
    String known = servletContext.getMimeType(name);
    MediaType type = known != null && !known.isBlank() ? MediaType.parseMediaType(known) : null;
    return type == null || type.equals(MediaType.APPLICATION_OCTET_STREAM)
        ? MediaTypeFactory.getMediaType(name).orElse(null)
        : type;
  }
}
