package dev.kiln.store.web;

import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;

import org.springframework.web.util.HtmlUtils;

import dev.kiln.castore.Directory;
import dev.kiln.castore.Directory.Entry;
import dev.kiln.castore.Node;
import dev.kiln.store.Found;

/** A directory, as a plain page. Every name and target is escaped: they are a builder's words. */
final class ListingPage {

  private static final String ROW = "<tr><td><a href=\"%s\">%s</a>%s</td><td>%s</td><td class=\"size\">%s</td></tr>\n";

  private static final String FOOT = """
      </tbody>
      </table>
      </body>
      </html>
      """;

  private ListingPage() {}

  static void write(Found found, Directory directory, OutputStream out) throws IOException {
    Writer page = new OutputStreamWriter(out, StandardCharsets.UTF_8);
    String base = StoreController.PREFIX + StoreUrl.render(found.location());
    page.write(head(escape(found.location().toString())));
    if (!found.location().sub().components().isEmpty()) {
      page.write(ROW.formatted(base.substring(0, base.lastIndexOf('/') + 1), "..", "", "directory", ""));
    }
    for (Entry entry : directory.entries()) {
      page.write(row(base, entry));
    }
    page.write(FOOT);
    page.flush();
  }

  private static String head(String title) {
    return """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>%1$s</title>
        <style>
        body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; color-scheme: light dark; }
        h1 { font-size: 1.1rem; overflow-wrap: anywhere; }
        table { border-collapse: collapse; width: 100%%; }
        th, td { text-align: left; padding: .2rem 1rem .2rem 0; overflow-wrap: anywhere; }
        td.size, th.size { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
        </style>
        </head>
        <body>
        <h1>%1$s</h1>
        <table>
        <thead><tr><th>Name</th><th>Type</th><th class="size">Size</th></tr></thead>
        <tbody>
        """
        .formatted(title);
  }

  private static String row(String base, Entry entry) {
    String href = base + "/" + StoreUrl.encode(entry.name());
    String name = escape(entry.name().toString());
    return switch (entry.node()) {
      case Node.DirectoryNode directory ->
        ROW.formatted(href + "/", name + "/", "", "directory", directory.size() + " entries");
      case Node.FileNode file -> ROW.formatted(href, name, "", file.executable() ? "executable" : "file", file.size());
      case Node.SymlinkNode link -> ROW.formatted(href, name, " → " + escape(link.target().toString()), "link", "");
    };
  }

  private static String escape(String text) {
    return HtmlUtils.htmlEscape(text, "UTF-8");
  }
}
