package dev.kiln.home;

import java.io.IOException;
import java.io.StringReader;
import java.net.URI;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;
import tools.jackson.databind.JsonNode;

import dev.kiln.harness.KilnClient;
import dev.kiln.harness.KilnTest;
import dev.kiln.harness.RawHttp;

import static org.assertj.core.api.Assertions.assertThat;

@KilnTest
class HomeIT {

  /** As Chromium sends it. */
  private static final String BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";

  @LocalServerPort
  int port;

  private KilnClient kiln;

  @BeforeEach
  void connects() {
    kiln = new KilnClient(URI.create("http://127.0.0.1:" + port));
  }

  @AfterEach
  void disconnects() {
    kiln.close();
  }

  @Test
  void givesBrowsersAPageThatNothingElseCanRunInOrFrame() throws IOException {
    HttpResponse<String> page = kiln.get("/", "Accept", BROWSER);
    assertThat(page.statusCode()).isEqualTo(200);
    assertThat(page.headers().firstValue("Content-Type")).hasValueSatisfying(
        type -> assertThat(type).isEqualToIgnoringCase("text/html;charset=UTF-8"));
    assertThat(page.headers().firstValue("Content-Security-Policy").orElseThrow()).contains("default-src 'none'",
        "frame-ancestors 'none'");
    assertThat(String.join(",", page.headers().allValues("Vary"))).contains("Accept", "Host");
    assertThat(page.body()).doesNotContainIgnoringCase("<script").doesNotContain("src=", "url(", "@import");
  }

  @Test
  void showsTheKeyThatTheApiTellsAndTheAddressThatTheClientUsed() throws Exception {
    String key = kiln.get("/api/v1/public-key").body().strip();
    String url = "http://127.0.0.1:" + port;
    List<String> code = texts(parse(page()), "pre");
    assertThat(code).contains(key,
        "curl " + url + "/store/<hash>-<name>/<file>",
        "extra-substituters = " + url + "\nextra-trusted-public-keys = " + key,
        "extra-substituters = " + url + "/on-demand",
        "nix copy --to " + url + " /nix/store/<hash>-<name>\nnix copy --derivation --to " + url
            + " /nix/store/<hash>-<name>.drv");
  }

  @Test
  void hasALanguageATitleHeadingsAndLinksThatLeadSomewhere() throws Exception {
    Document page = parse(page());
    assertThat(page.getDocumentElement().getAttribute("lang")).isEqualTo("en");
    assertThat(texts(page, "title")).singleElement().asString().startsWith("Kiln at ");
    assertThat(texts(page, "h1")).containsExactly("Kiln");
    assertThat(texts(page, "h2")).containsExactly("Public key", "Read", "Pull", "Push");
    NodeList links = page.getElementsByTagName("a");
    assertThat(links.getLength()).isPositive();
    for (int i = 0; i < links.getLength(); i++) {
      String target = ((Element) links.item(i)).getAttribute("href");
      assertThat(kiln.get(target).statusCode()).as(target).isIn(200, 302);
    }
  }

  @Test
  void tellsOthersTheSameAsJson() throws IOException {
    JsonNode home = kiln.json("/");
    assertThat(home.path("name").asString()).isEqualTo("Kiln");
    assertThat(home.path("url").asString()).isEqualTo("http://127.0.0.1:" + port);
    assertThat(home.path("onDemandUrl").asString()).isEqualTo("http://127.0.0.1:" + port + "/on-demand");
    assertThat(home.path("publicKey").asString()).isEqualTo(kiln.get("/api/v1/public-key").body().strip());
    assertThat(home.path("version").asString()).isNotEmpty();
    for (Map.Entry<String, JsonNode> link : home.path("links").properties()) {
      assertThat(kiln.get(link.getValue().asString()).statusCode()).as(link.getKey()).isIn(200, 302);
    }
    assertThat(kiln.get("/", "Accept", "application/json").headers().firstValue("Content-Type"))
        .hasValue("application/json");
    assertThat(kiln.get("/", "Accept", "text/html;q=0.5,application/json").body()).startsWith("{");
  }

  @Test
  void answersHeadAsGetWithoutTheBody() throws IOException {
    HttpResponse<String> page = kiln.get("/", "Accept", BROWSER);
    RawHttp.Response head = raw("HEAD", "127.0.0.1:" + port, BROWSER);
    assertThat(head.status()).isEqualTo(200);
    assertThat(head.headers())
        .containsEntry("content-length", page.headers().firstValue("Content-Length").orElseThrow())
        .containsEntry("content-security-policy", page.headers().firstValue("Content-Security-Policy").orElseThrow());
    assertThat(head.body()).isEmpty();
    RawHttp.Response data = raw("HEAD", "127.0.0.1:" + port, "*/*");
    assertThat(data.status()).isEqualTo(200);
    assertThat(data.headers()).containsEntry("content-type", "application/json");
    assertThat(data.body()).isEmpty();
  }

  @Test
  void escapesTheAddressThatAClientClaimsToHaveAskedFor() throws IOException {
    assertThat(raw("GET", "<b>evil</b>", BROWSER).body()).doesNotContain("<b>");
    assertThat(raw("GET", "kiln.example:81", BROWSER).body())
        .contains("nix copy --to http://kiln.example:81 /nix/store/");
  }

  private String page() throws IOException {
    return kiln.get("/", "Accept", BROWSER).body();
  }

  private RawHttp.Response raw(String method, String host, String accept) throws IOException {
    return RawHttp.send(URI.create("http://127.0.0.1:" + port), method + " / HTTP/1.1\r\nHost: " + host + "\r\nAccept: "
        + accept + "\r\nConnection: close\r\n\r\n");
  }

  /** The page is well-formed XML but for the two elements that HTML does not close. */
  private static Document parse(String page) throws ParserConfigurationException, SAXException, IOException {
    String xml = page.replaceFirst("(?i)<!doctype html>", "").replaceAll("<meta([^>]*)>", "<meta$1/>");
    return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(xml)));
  }

  private static List<String> texts(Document page, String element) {
    List<String> texts = new ArrayList<>();
    NodeList elements = page.getElementsByTagName(element);
    for (int i = 0; i < elements.getLength(); i++) {
      texts.add(elements.item(i).getTextContent());
    }
    return texts;
  }
}
