package dev.kiln.build.fetch;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import javax.net.ssl.SSLContext;

import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.auth.AuthScope;
import org.apache.hc.client5.http.auth.CredentialsProvider;
import org.apache.hc.client5.http.auth.UsernamePasswordCredentials;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.auth.BasicCredentialsProvider;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.client5.http.impl.io.ManagedHttpClientConnectionFactory;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.io.HttpClientConnectionManager;
import org.apache.hc.client5.http.ssl.DefaultClientTlsStrategy;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.util.Timeout;

import dev.kiln.build.fetch.Netrc.Login;

/**
 * HTTP clients that do one exchange per connection and nothing of their own accord: no redirects, no second attempts, no
 * cookies, no decoding.
 */
final class Connections implements AutoCloseable {

  private static final int MAX_CONNECTIONS = 1_000;
  private static final int MAX_LINE = 16_384;
  private static final int MAX_HEADERS = 256;

  private final FetchProperties.Limits limits;
  private final AllowedAddresses addresses;
  private final Proxies proxies;
  private final SSLContext authorities;
  private final CloseableHttpClient direct;
  private final Map<Url, CloseableHttpClient> proxied = new HashMap<>();

  Connections(FetchProperties.Limits limits, AllowedAddresses addresses, Proxies proxies, SSLContext authorities) {
    this.limits = limits;
    this.addresses = addresses;
    this.proxies = proxies;
    this.authorities = authorities;
    this.direct = builder(addresses).build();
    for (Url proxy : proxies.all()) {
      HttpClientBuilder builder = builder(new OnlyProxy(proxy.host()))
          .setProxy(new HttpHost(proxy.scheme(), proxy.host(), proxy.port()));
      // asked for by the proxy alone: what goes through a tunnel never has them
      proxy.userInfo().ifPresent(userInfo -> builder.setDefaultCredentialsProvider(login(proxy, userInfo)));
      proxied.put(proxy, builder.build());
    }
  }

  private static CredentialsProvider login(Url proxy, String userInfo) {
    Login login = Credentials.login(userInfo);
    BasicCredentialsProvider provider = new BasicCredentialsProvider();
    provider.setCredentials(new AuthScope(proxy.host(), proxy.port()),
        new UsernamePasswordCredentials(login.user(), login.password().toCharArray()));
    return provider;
  }

  /** A client behind a proxy looks up nothing but the proxy, which the operator chose: the rest is the proxy's to allow. */
  private record OnlyProxy(String host) implements DnsResolver {

    @Override
    public InetAddress[] resolve(String name) throws UnknownHostException {
      if (!name.equals(host)) {
        throw new UnknownHostException("'" + name + "' is not the proxy");
      }
      return InetAddress.getAllByName(name);
    }

    @Override
    public String resolveCanonicalHostname(String name) {
      return name;
    }
  }

  /**
   * @return the client that reaches {@code url}
   * @throws AllowedAddresses.Refused behind a proxy too, if Kiln itself can tell that the proxy should not go there
   */
  CloseableHttpClient to(Url url) throws AllowedAddresses.Refused {
    Optional<Url> proxy = proxies.of(url);
    if (proxy.isEmpty()) {
      return direct;
    }
    try {
      addresses.resolve(url.host());
    } catch (AllowedAddresses.Refused e) {
      throw e;
    } catch (UnknownHostException _) {
      // behind a proxy, only the proxy may know names
    }
    return Objects.requireNonNull(proxied.get(proxy.get()));
  }

  private HttpClientBuilder builder(DnsResolver resolver) {
    return HttpClientBuilder.create().setConnectionManager(manager(resolver))
        .setConnectionReuseStrategy((_, _, _) -> false).disableRedirectHandling().disableAutomaticRetries()
        .disableContentCompression().disableCookieManagement().disableAuthCaching().disableConnectionState()
        .setUserAgent("Kiln").setDefaultRequestConfig(RequestConfig.custom().setProtocolUpgradeEnabled(false).build());
  }

  private HttpClientConnectionManager manager(DnsResolver resolver) {
    Timeout read = Timeout.of(limits.read());
    // without limits, a server could send headers until memory is full
    Http1Config bounded = Http1Config.custom().setMaxLineLength(MAX_LINE).setMaxHeaderCount(MAX_HEADERS).build();
    return PoolingHttpClientConnectionManagerBuilder.create().setDnsResolver(resolver)
        .setConnectionFactory(ManagedHttpClientConnectionFactory.builder().http1Config(bounded).build())
        .setTlsSocketStrategy(new DefaultClientTlsStrategy(authorities)).setDefaultConnectionConfig(
            ConnectionConfig.custom().setConnectTimeout(Timeout.of(limits.connect())).setSocketTimeout(read).build())
        .setMaxConnTotal(MAX_CONNECTIONS).setMaxConnPerRoute(MAX_CONNECTIONS).build();
  }

  @Override
  public void close() {
    try {
      direct.close();
      for (CloseableHttpClient client : List.copyOf(proxied.values())) {
        client.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
