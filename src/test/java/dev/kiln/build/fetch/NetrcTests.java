package dev.kiln.build.fetch;

import java.util.Optional;

import org.junit.jupiter.api.Test;

import dev.kiln.build.fetch.Netrc.Login;

import static org.assertj.core.api.Assertions.assertThat;

class NetrcTests {

  private static final Netrc NETRC = Netrc.parse("""
      # machine commented login a password b
      machine One.example login me password "a \\"b\\" c"
      machine two.example
        login you
        password p#w
        account ignored
      machine one.example login second password second
      macdef init
      machine inmacro login x password y

      machine three.example password only
      default login anonymous password guest
      """);

  @Test
  void findsTheFirstLoginOfAHost() {
    assertThat(NETRC.find("one.example")).contains(new Login("me", "a \"b\" c"));
    assertThat(NETRC.find("two.example")).contains(new Login("you", "p#w"));
    assertThat(NETRC.find("three.example")).contains(new Login("", "only"));
  }

  @Test
  void findsTheDefaultForAllOthers() {
    assertThat(NETRC.find("inmacro")).contains(new Login("anonymous", "guest"));
    assertThat(NETRC.find("commented")).contains(new Login("anonymous", "guest"));
    assertThat(Netrc.parse("machine a login b password c").find("d")).isEmpty();
  }

  @Test
  void isReadToItsEndWhateverItHas() {
    for (String text : new String[]{"", "machine", "machine a login", "default", "login x", "\"", "machine \"a"}) {
      assertThat(Netrc.parse(text).find("nobody").map(Login::password).orElse("")).isEmpty();
    }
  }

  @Test
  void tellsAServerWhatIsForItAlone() throws Exception {
    Url first = Url.parse("https://user:p%40ss@one.example/x");
    String own = "Basic dXNlcjpwQHNz";
    assertThat(Credentials.authorization(first, first, Netrc.EMPTY)).contains(own);
    assertThat(Credentials.authorization(first, first.resolve("/y"), Netrc.EMPTY)).contains(own);
    for (String other : new String[]{"https://two.example/", "https://one.example:8443/", "http://one.example/x"}) {
      assertThat(Credentials.authorization(first, first.resolve(other), Netrc.EMPTY)).isEmpty();
    }
    Url plain = Url.parse("https://one.example/x");
    assertThat(Credentials.authorization(plain, plain, NETRC)).isPresent();
    assertThat(Credentials.authorization(plain, plain.resolve("http://one.example/x"), NETRC)).isEmpty();
    assertThat(Credentials.authorization(plain, plain.resolve("https://two.example/"), NETRC))
        .isEqualTo(Optional.of("Basic eW91OnAjdw=="));
  }
}
