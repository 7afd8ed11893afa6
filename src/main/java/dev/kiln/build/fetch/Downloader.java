package dev.kiln.build.fetch;

import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.Set;
import javax.net.ssl.SSLException;

import org.apache.hc.client5.http.ConnectTimeoutException;
import org.apache.hc.client5.http.classic.methods.HttpGet;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.http.HttpHost;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import dev.kiln.build.BuildException;

/** Opens URLs, hop by hop: each has to be allowed anew (Nix: filetransfer.cc, for what is worth another attempt). */
final class Downloader {

  private static final Logger log = LoggerFactory.getLogger(Downloader.class);

  private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);
  private static final Set<Integer> SUCCESSES = Set.of(200, 201, 204);
  /** Of 4xx those that pass, and of 5xx those that do not. */
  private static final Set<Integer> PASSING = Set.of(408, 429);
  private static final Set<Integer> LASTING = Set.of(501, 505, 511);

  private final Connections connections;
  private final AllowedHosts hosts;
  private final LocalFiles files;
  private final Credentials credentials;
  private final int maxRedirects;

  Downloader(Connections connections, AllowedHosts hosts, LocalFiles files, Credentials credentials, int maxRedirects) {
    this.connections = connections;
    this.hosts = hosts;
    this.files = files;
    this.credentials = credentials;
    this.maxRedirects = maxRedirects;
  }

  /** Names of hosts that may be asked; none stands for any. */
  record AllowedHosts(List<String> patterns) {
    AllowedHosts { patterns = patterns.stream().map(pattern -> pattern.toLowerCase(Locale.ROOT)).toList(); }

    boolean allows(String host) {
      return patterns.isEmpty() || patterns.stream().anyMatch(pattern -> pattern.startsWith("*.")
          ? host.endsWith(pattern.substring(1))
          : host.equals(pattern));
    }
  }

  /**
   * Connects, and follows redirects. The caller closes what it gets.
   *
   * @throws FetchFailed there is nothing
   * @throws BuildException.CannotBuildHere Kiln may not go there
   */
  Download.Source open(Url first, Watchdog watchdog) throws IOException, InterruptedException {
    if (first.scheme().equals("file")) {
      return files.open(first);
    }
    Netrc netrc = credentials.netrc();
    Url url = first;
    int status = 0;
    for (int hop = 0; hop <= maxRedirects; hop++) {
      watchdog.check();
      require(url);
      ClassicHttpResponse response = send(first, url, netrc, watchdog);
      status = response.getCode();
      Header location = response.getFirstHeader(HttpHeaders.LOCATION);
      if (SUCCESSES.contains(status)) {
        return source(url, response);
      }
      String reason = response.getReasonPhrase();
      response.close();
      if (!REDIRECTS.contains(status) || location == null) {
        throw refused(first, status, reason);
      }
      url = url.resolve(location.getValue());
    }
    throw FetchFailed.forGood(
        FetchFailed.unable(first, "HTTP error " + status + " (Number of redirects hit maximum amount)"));
  }

  private void require(Url url) throws FetchFailed {
    if (!url.isHttp()) {
      throw FetchFailed.forGood(FetchFailed.unable(url, "Unsupported protocol (1)"));
    }
    if (!hosts.allows(url.host())) {
      throw new BuildException.CannotBuildHere(
          FetchFailed.unable(url, "'" + url.host() + "' is not a host that may be asked (kiln.fetch.allow.hosts)"));
    }
  }

  private ClassicHttpResponse send(Url first, Url url, Netrc netrc, Watchdog watchdog) throws FetchFailed {
    HttpGet request = new HttpGet(url.uri());
    request.setHeader(HttpHeaders.ACCEPT, "*/*");
    request.setHeader(HttpHeaders.ACCEPT_ENCODING, "identity");
    Credentials.authorization(first, url, netrc).ifPresent(
        value -> request.setHeader(HttpHeaders.AUTHORIZATION, value));
    watchdog.guard(request);
    try {
      return connections.to(url).executeOpen(new HttpHost(url.scheme(), url.host(), url.port()), request, null);
    } catch (AllowedAddresses.Refused e) {
      throw new BuildException.CannotBuildHere(FetchFailed.unable(url, String.valueOf(e.getMessage())));
    } catch (IOException e) {
      log.debug("GET {}", url, e);
      throw unreachable(url, e);
    }
  }

  private static FetchFailed unreachable(Url url, IOException e) {
    return switch (e) {
      case UnknownHostException _ -> passing(url, "Couldn't resolve host name (6)");
      case ConnectTimeoutException _,ConnectException _ -> passing(url, "Couldn't connect to server (7)");
      case SocketTimeoutException _ -> passing(url, "Timeout was reached (28)");
      case SSLException _ -> FetchFailed.forGood(FetchFailed.unable(url, "SSL connect error (35): " + reasons(e)));
      default -> passing(url, String.valueOf(e.getMessage()));
    };
  }

  /** What is wrong with a certificate stands in the last cause, and what it means in the first. */
  private static String reasons(Throwable e) {
    Throwable last = e;
    while (last.getCause() != null) {
      last = last.getCause();
    }
    String first = String.valueOf(e.getMessage());
    String message = String.valueOf(last.getMessage());
    return printable(first.contains(message) ? first : first + ": " + message);
  }

  private static FetchFailed passing(Url url, String reason) {
    return FetchFailed.forNow(FetchFailed.unable(url, reason));
  }

  private static FetchFailed refused(Url url, int status, String reason) {
    String message = FetchFailed.unable(url,
        "HTTP error " + status + (reason == null || reason.isBlank() ? "" : " ('" + printable(reason) + "')"));
    boolean passes = PASSING.contains(status) || status >= 500 && !LASTING.contains(status);
    return passes ? FetchFailed.forNow(message) : FetchFailed.forGood(message);
  }

  private static String printable(String text) {
    return text.replaceAll("[^\\x20-\\x7e]", "?");
  }

  private static Download.Source source(Url url, ClassicHttpResponse response) throws IOException {
    HttpEntity entity = response.getEntity();
    if (entity == null) {
      return new Download.Source(url, InputStream.nullInputStream(), OptionalLong.of(0), "", response);
    }
    long length = entity.getContentLength();
    String encoding = entity.getContentEncoding();
    return new Download.Source(url, entity.getContent(), length < 0 ? OptionalLong.empty() : OptionalLong.of(length),
        encoding == null ? "" : encoding.strip().toLowerCase(Locale.ROOT), response);
  }
}
