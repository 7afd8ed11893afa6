package dev.kiln.home;

import org.springframework.web.util.HtmlUtils;

/** The page: no script, nothing from elsewhere, and every value escaped, for the address is the client's word. */
final class HomePage {

  /** The page brings its style along, and needs nothing else. */
  static final String POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  private static final String STYLE = """
      :root { color-scheme: light dark; --ink: #1d2126; --soft: #59626c; --paper: #fbfaf8; --card: #fff; --line: #e2ddd5; --fire: #a8430f; }
      @media (prefers-color-scheme: dark) {
        :root { --ink: #e8e6e3; --soft: #a3a9b0; --paper: #16181b; --card: #1f2226; --line: #353a40; --fire: #ff9a5c; }
      }
      * { box-sizing: border-box; }
      body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.6 system-ui, sans-serif; }
      header, main, footer { max-width: 52rem; margin: 0 auto; padding: 0 1.25rem; }
      header { padding-top: 3rem; }
      h1 { margin: 0; font-size: 2.2rem; line-height: 1.2; letter-spacing: -.02em; }
      h1::before { content: ""; display: inline-block; width: .62em; height: .62em; margin-right: .4em; border-radius: .62em .62em .1em .1em; background: var(--fire); }
      header p { margin: .3rem 0 0; color: var(--soft); }
      h2 { margin: 2.2rem 0 .4rem; font-size: 1.15rem; }
      p { margin: .4rem 0; }
      a { color: var(--fire); }
      a:focus-visible, pre:focus-visible { outline: 3px solid var(--fire); outline-offset: 2px; }
      pre { margin: .6rem 0; padding: .8rem 1rem; overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: .5rem; }
      pre, code { font: .875rem/1.55 ui-monospace, "Liberation Mono", monospace; }
      pre.key { user-select: all; white-space: pre-wrap; overflow-wrap: anywhere; border-left: .25rem solid var(--fire); }
      nav ul { display: flex; flex-wrap: wrap; gap: .4rem 1.5rem; margin: .9rem 0 0; padding: 0; list-style: none; }
      footer { margin-top: 2.5rem; padding-bottom: 3rem; color: var(--soft); font-size: .875rem; }
      """;

  private HomePage() {}

  /** @return the whole of it */
  static String of(HomeView view) {
    String url = escape(view.url());
    return """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Kiln at %1$s</title>
        <style>
        %2$s</style>
        </head>
        <body>
        <header>
        <h1>Kiln</h1>
        <p>%3$s.</p>
        <nav aria-label="Kiln">
        <ul>
        %4$s</ul>
        </nav>
        </header>
        <main>
        """.formatted(url, STYLE, escape(view.description()), links())
        + section("key", "Public key", "Kiln signs what it serves. A client that trusts this key takes it:",
            "<pre class=\"key\" tabindex=\"0\" aria-labelledby=\"key\">" + escape(view.publicKey()) + "</pre>\n")
        + section("read", "Read",
            "Any file of a store path. What is not here, and has a known derivation, is built first:",
            code("curl " + view.url() + "/store/<hash>-<name>/<file>"))
        + section("pull", "Pull", "As a substituter of Nix, in <code>nix.conf</code>:",
            code("extra-substituters = " + view.url() + "\nextra-trusted-public-keys = " + view.publicKey())
                + "<p>The same cache, where looking for an output that a known derivation has builds it:</p>\n"
                + code("extra-substituters = " + view.onDemandUrl()))
        + section("push", "Push", "Paths, or derivations to be built by whoever reads their outputs:",
            code("nix copy --to " + view.url() + " /nix/store/<hash>-<name>\nnix copy --derivation --to " + view.url()
                + " /nix/store/<hash>-<name>.drv"))
        + """
            </main>
            <footer><p>Kiln %1$s. All this as data: <code>curl %2$s/</code></p></footer>
            </body>
            </html>
            """.formatted(escape(view.version()), url);
  }

  private static String links() {
    return link("/swagger-ui.html", "Every request, to try") + link("/api/v1/builds", "Builds (JSON)")
        + link("/actuator/health", "Health (JSON)") + link("/nix-cache-info", "nix-cache-info");
  }

  private static String link(String path, String text) {
    return "<li><a href=\"" + path + "\">" + text + "</a></li>\n";
  }

  /** @param content HTML, as is {@code introduction} */
  private static String section(String id, String title, String introduction, String content) {
    return """
        <section aria-labelledby="%1$s">
        <h2 id="%1$s">%2$s</h2>
        <p>%3$s</p>
        %4$s</section>
        """.formatted(id, title, introduction, content);
  }

  /** What is wider than the window is scrolled to, by keys as well. */
  private static String code(String text) {
    return "<pre tabindex=\"0\">" + escape(text) + "</pre>\n";
  }

  private static String escape(String text) {
    return HtmlUtils.htmlEscape(text, "UTF-8");
  }
}
