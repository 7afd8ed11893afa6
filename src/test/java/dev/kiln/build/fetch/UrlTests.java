package dev.kiln.build.fetch;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class UrlTests {

  @ParameterizedTest
  @CsvSource({"http://a/b,http://a/b", "HTTP://A.Example/B?c=d#e,http://a.example/B?c=d", "http://a,http://a/",
      "http://a?q,http://a/?q", "http://a:8080/x,http://a:8080/x", "http://a:/x,http://a/x",
      "http://u:p@a/x,http://a/x", "http://u:p@q@a/x,http://a/x", "http://a_b/x,http://a_b/x",
      "http://a/b c|d^e,http://a/b%20c%7Cd%5Ee", "http://a/%41%zz%,http://a/%41%25zz%25", "http://a/ü,http://a/%C3%BC",
      "http://bücher.example/,http://xn--bcher-kva.example/", "http://[::1]:8/x,http://[::1]:8/x",
      "http://a/[x],http://a/%5Bx%5D", "file:///a b,file:///a%20b"})
  void areWrittenWithoutWhatALogOrARequestMayNotHave(String text, String written) throws Exception {
    assertThat(Url.parse(text)).hasToString(written);
    assertThat(Url.parse(text).uri()).hasToString(written);
  }

  @Test
  void cannotBreakALineOfARequestOrALog() throws Exception {
    assertThat(Url.parse("http://a/x\r\nHost: b\u0000")).hasToString("http://a/x%0D%0AHost:%20b%00");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "foo", "//a/b", "http:/a", "http:///x", "http://a b/", "http://a:99999/", "http://a:x/",
      "http://[::1/", "http://[fe80::1%25eth0]/", "http://[1", "http://\r\nx/", "http://a:1:2/"})
  void areRefusedWithoutAHost(String text) {
    assertThatThrownBy(() -> Url.parse(text)).isInstanceOf(FetchFailed.class)
        .hasMessageMatching("unable to download '\\p{Print}*…?\\p{Print}*': .*");
  }

  @Test
  void keepPasswordsOutOfWhatIsSaidOfThem() {
    assertThatThrownBy(() -> Url.parse("http://user:secret@a b/x")).hasMessageContaining("/x")
        .hasMessageNotContaining("secret");
  }

  @ParameterizedTest
  @CsvSource({"http://a/b/c,d,http://a/b/d", "http://a/b/c,/d?e,http://a/d?e", "http://a/b/c,../d,http://a/d",
      "http://a/b?c,?d,http://a/b?d", "https://a/b,//c/d,https://c/d", "http://a:1/b,c:d,",
      "http://a/b,x?y:z,http://a/x?y:z",
      "http://a/b,http://u:p@c/d,http://c/d", "http://a/b,d#e,http://a/d", "http://a_b:1/c,d,http://a_b:1/d"})
  void areFollowedAsBrowsersDo(String base, String location, String target) throws Exception {
    Url url = Url.parse(base);
    if (target == null) {
      assertThatThrownBy(() -> url.resolve(location)).isInstanceOf(FetchFailed.class);
    } else {
      assertThat(url.resolve(location)).hasToString(target);
      assertThat(url.resolve(location).userInfo()).isEmpty();
    }
  }

  @Test
  void knowTheirOrigin() throws Exception {
    Url url = Url.parse("http://a/x");
    assertThat(url.isSameOrigin(Url.parse("http://A:80/y"))).isTrue();
    assertThat(url.isSameOrigin(Url.parse("https://a/x"))).isFalse();
    assertThat(url.isSameOrigin(Url.parse("http://a:81/x"))).isFalse();
    assertThat(url.isSameOrigin(Url.parse("http://a.b/x"))).isFalse();
  }
}
