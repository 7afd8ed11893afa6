package dev.kiln.binarycache;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

/** Narinfos that do not fit the NAR that came before them, or are none: no path is made of them. */
class HostileNarInfoIT extends HostilePushes {

  private static final String OTHER_HASH = "sha256:" + "1".repeat(52);
  private static final String SIGNATURE = "key-1:" + Base64.getEncoder().encodeToString(new byte[64]);

  private static Arguments bad(String offence, int status, String quoted, UnaryOperator<Push> spoil) {
    return arguments(offence, status, quoted, spoil);
  }

  static Stream<Arguments> thatDoNotFit() {
    return Stream.of(
        bad("another NarHash", 422, "NarHash", push -> push.with("NarHash", OTHER_HASH)),
        bad("another NarSize", 422, "NarSize", push -> push.with("NarSize", "1048576")),
        bad("another FileHash", 422, "FileHash", push -> push.with("FileHash", OTHER_HASH)),
        bad("another FileSize", 422, "FileSize", push -> push.with("FileSize", "7")),
        bad("another compression", 422, "Compression", push -> push.with("Compression", "zstd")),
        bad("an unknown compression", 422, "frob", push -> push.with("Compression", "frob")),
        bad("no compression, which is bzip2", 422, "bzip2", push -> push.without("Compression")),
        bad("a NAR that was never sent", 422, "was not sent",
            push -> push.with("URL", "nar/" + "1".repeat(52) + ".nar")),
        bad("a NAR of another suffix", 422, "was not sent",
            push -> push.with("URL", push.narTarget().substring(1) + ".xz")),
        bad("the name of another path", 422, "is not that of",
            push -> push.with("StorePath", Push.anyPath("other").toString())),
        bad("a reference that is not here", 422, "urn:kiln:problem:missing-references",
            push -> push.with("References", Push.anyPath("absent").baseName())),
        bad("two references that are not here", 422, "1 more",
            push -> push.with("References", Push.anyPath("a").baseName() + " " + Push.anyPath("b").baseName())));
  }

  static Stream<Arguments> thatAreNone() {
    return Stream.concat(
        Stream.of("StorePath", "URL", "NarHash", "NarSize")
            .map(key -> bad("no " + key, 400, key, push -> push.without(key))),
        Stream.of(
            bad("a NarSize that no NAR has", 400, "multiple of 8", push -> push.with("NarSize", "1001")),
            bad("a negative NarSize", 400, "-8", push -> push.with("NarSize", "-8")),
            bad("a NarSize in words", 400, "eight", push -> push.with("NarSize", "eight")),
            bad("a NarSize too long", 400, "99999999999999999999",
                push -> push.with("NarSize", "99999999999999999999")),
            bad("an MD5 NarHash", 400, "md5", push -> push.with("NarHash", "md5:" + "0".repeat(32))),
            bad("a NarHash too short", 400, "sha256:abc", push -> push.with("NarHash", "sha256:abc")),
            bad("an absolute URL", 400, "http://", push -> push.with("URL", "http://127.0.0.1/" + push.narTarget())),
            bad("a URL that climbs", 400, "..", push -> push.with("URL", "nar/../" + push.narTarget())),
            bad("a URL with a space", 400, "spaces", push -> push.with("URL", "nar/a b")),
            bad("a path outside the store", 400, "/tmp/", push -> push.with("StorePath",
                "/tmp/" + push.path().baseName())),
            bad("a path that climbs", 400, "..", push -> push.with("StorePath",
                "/nix/store/../" + push.path().baseName())),
            bad("a path below a path", 400, "/bin", push -> push.with("StorePath", push.path() + "/bin")),
            bad("a base name", 400, "StorePath", push -> push.with("StorePath", push.path().baseName())),
            bad("a path without a name", 400, "StorePath",
                push -> push.with("StorePath", "/nix/store/" + push.path().hash() + "-")),
            bad("a reference that is none", 400, "'x'", push -> push.with("References", "x")),
            bad("a reference with its directory", 400, "References",
                push -> push.with("References", push.path().toString())),
            bad("references two spaces apart", 400, "References",
                push -> push.with("References", push.path().baseName() + "  " + push.path().baseName())),
            bad("a deriver that is no derivation", 400, ".drv",
                push -> push.with("Deriver", push.path().baseName())),
            bad("a CA of an unknown kind", 400, "CA", push -> push.with("CA", "magic:" + OTHER_HASH)),
            bad("a CA with a bad hash", 400, "CA", push -> push.with("CA", "fixed:r:sha256:x")),
            bad("a signature without a key", 400, "Sig", push -> push.with("Sig", ":AAAA")),
            bad("a signature in two words", 400, "Sig", push -> push.with("Sig", SIGNATURE + " evil")),
            bad("a signature that is not base64", 400, "Sig", push -> push.with("Sig", "key-1:%%%")),
            bad("a signature too short", 400, "64 bytes", push -> push.with("Sig", "key-1:AAAA")),
            bad("too many signatures", 400, "256", push -> push.followedBy(IntStream.range(0, 257)
                .mapToObj(i -> "Sig: key-" + i + ":" + SIGNATURE.substring(6) + "\n").collect(Collectors.joining()))),
            bad("an empty line", 400, "empty line", push -> push.followedBy("\n")),
            bad("a line without a colon", 400, "'junk'", push -> push.followedBy("junk\n")),
            bad("a line without a space", 400, "'Deriver:x'", push -> push.followedBy("Deriver:x\n")),
            bad("a carriage return", 400, "carriage return", push -> push.followedBy("X: y\r\n")),
            bad("NUL", 400, "control character", push -> push.followedBy("X: \0\n")),
            bad("a last line without its end", 400, "no line feed", push -> push.followedBy("X: y"))));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource({"thatDoNotFit", "thatAreNone"})
  void areRefused(String offence, int status, String quoted, UnaryOperator<Push> spoil) throws IOException {
    Push push = Push.fresh();
    send(push);
    keepWhatIsHere();
    assertProblem(sendNarInfo(spoil.apply(push)), status, quoted);
    assertNothingLeft();
    assertInvisible(push);
  }

  @ParameterizedTest
  @ValueSource(strings = {"StorePath", "URL", "Compression", "FileHash", "FileSize", "NarHash", "NarSize",
      "References"})
  void thatSayAThingTwiceAreRefused(String key) throws IOException {
    Push push = Push.fresh();
    send(push);
    keepWhatIsHere();
    String line = push.narInfo().lines().filter(each -> each.startsWith(key + ":")).findFirst().orElseThrow();
    assertProblem(sendNarInfo(push.followedBy(line + "\n")), 400, "second one");
    assertNothingLeft();
    assertInvisible(push);
  }

  @Test
  void thatAreNotTextOrTooLongAreRefused() {
    Push push = Push.fresh();
    assertProblem(put(push.narInfoTarget(), new byte[]{(byte) 0xff, '\n'}), 400, "UTF-8");
    assertProblem(put(push.narInfoTarget(), new byte[0]), 400, "StorePath");
    assertProblem(put(push.narInfoTarget(), push.file()), 400, "");
    byte[] endless = new byte[NarInfo.MAX_LENGTH + 1];
    Arrays.fill(endless, (byte) 'x');
    assertProblem(put(push.narInfoTarget(), endless), 413, "larger than " + NarInfo.MAX_LENGTH);
    assertProblem(client.sendChunked("PUT", push.narInfoTarget(), endless), 413, "larger than " + NarInfo.MAX_LENGTH);
    assertNothingLeft();
    assertInvisible(push);
  }

  @Test
  void ofAnythingMoreOrLessThanNixWritesAreTaken() {
    Push push = Push.fresh();
    send(push);
    push.without("FileHash").without("FileSize").without("References")
        .with("NarHash", Push.sha256(push.file()).sri()).with("X-Unknown", "whatever").with("Sig", SIGNATURE)
        .with("Deriver", "unknown-deriver");
    assertThat(sendNarInfo(push).statusCode()).isEqualTo(201);
    assertThat(client.get(push.narInfoTarget()).body()).contains("StorePath: " + push.path() + "\n",
        "Sig: " + SIGNATURE + "\n").doesNotContain("X-Unknown", "unknown-deriver");
  }

  @Test
  void mayReferToTheirOwnPath() {
    Push push = Push.fresh();
    send(push);
    assertThat(sendNarInfo(push.with("References", push.path().baseName())).statusCode()).isEqualTo(201);
    assertThat(client.get(push.narInfoTarget()).body()).contains("References: " + push.path().baseName() + "\n");
  }

  @Test
  void ofAPathThatIsHereSucceedWithTheSameContentAndConflictWithAnother() throws IOException {
    Push push = Push.fresh();
    send(push);
    assertThat(sendNarInfo(push).statusCode()).isEqualTo(201);
    Push other = Push.of(push.path(), Push.nar(Push.freshText()));
    send(other);
    keepWhatIsHere();
    String before = client.get(push.narInfoTarget()).body();
    assertThat(sendNarInfo(push).statusCode()).isEqualTo(200);
    assertProblem(sendNarInfo(other), 409, push.path().toString(), Push.sha256(push.file()).sri(),
        Push.sha256(other.file()).sri());
    assertProblem(sendNarInfo(push.with("StorePath", push.path() + "-other")), 409, push.path() + "-other");
    assertThat(client.get(push.narInfoTarget()).body()).isEqualTo(before);
    assertNothingLeft();
  }

  @Test
  void needNoNarThatAnotherPathHasAlready() {
    Push first = Push.fresh();
    send(first);
    assertThat(sendNarInfo(first).statusCode()).isEqualTo(201);
    Push second = Push.of(first.file());
    assertThat(sendNarInfo(second).statusCode()).isEqualTo(201);
    assertThat(client.get("/store/" + second.path().baseName()).body())
        .isEqualTo(client.get("/store/" + first.path().baseName()).body());
  }

  @ParameterizedTest
  @ValueSource(strings = {"x.narinfo", "%2e%2e.narinfo", "0000000000000000000000000000000e.narinfo",
      "00000000000000000000000000000000.narinfo%2f", "00000000000000000000000000000000-x.narinfo",
      "0000000000000000000000000000000A.narinfo", "%FF.narinfo", "x.ls", "0000000000000000000000000000000e.ls",
      "z0000000000000000000000000000000.narinfo.xz"})
  void ofANameThatNoClientGivesAreNotMapped(String name) {
    assertThat(put("/" + name, Push.fresh().narInfoBytes()).statusCode()).isIn(400, 404, 405);
    assertNothingLeft();
  }

  @Test
  void areNotTakenBelowTheCacheThatBuilds() {
    Push push = Push.fresh();
    for (String target : new String[]{push.narTarget(), push.narInfoTarget(), "/nix-cache-info",
        "/" + push.path().hash() + ".ls", "/log/" + Push.anyPath("x.drv").baseName()}) {
      assertProblem(put("/on-demand" + target, push.file()), 405, "");
    }
    assertNothingLeft();
    assertInvisible(push);
  }

  @Test
  void leaveKilnsOwnListingAsItIs() {
    Push push = Push.fresh();
    send(push);
    assertThat(sendNarInfo(push).statusCode()).isEqualTo(201);
    String target = "/" + push.path().hash() + ".ls";
    String listing = client.get(target).body();
    assertThat(put(target, "{\"version\":1,\"root\":{\"type\":\"directory\"}}".getBytes(UTF_8)).statusCode())
        .isEqualTo(204);
    assertThat(client.get(target).body()).isEqualTo(listing).contains("regular");
  }

  @Test
  void cannotChangeWhatTheCacheSaysOfItself() {
    String before = client.get("/nix-cache-info").body();
    assertThat(put("/nix-cache-info", "StoreDir: /nix/store\n".getBytes(UTF_8)).statusCode()).isEqualTo(204);
    assertProblem(put("/nix-cache-info", "StoreDir: /gnu/store\nPriority: 1\n".getBytes(UTF_8)), 422, "/gnu/store");
    assertProblem(put("/nix-cache-info", new byte[(64 << 10) + 1]), 413, "65536");
    assertThat(client.get("/nix-cache-info").body()).isEqualTo(before);
    assertNothingLeft();
  }

  @Test
  void comeWithLogsThatAreReadAgainByTheirDerivation() {
    String name = Push.anyPath("what?id=1.drv").baseName();
    assertThat(client.get("/log/" + name).statusCode()).isEqualTo(404);
    assertThat(put("/log/" + name, "built\nelsewhere\n".getBytes(UTF_8)).statusCode()).isEqualTo(201);
    assertThat(client.get("/log/" + name).body()).isEqualTo("built\nelsewhere\n");
    assertThat(client.get("/log/" + name.replace("?", "%3F")).body()).isEqualTo("built\nelsewhere\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "x.drv", "%2e%2e%2fx.drv", "0000000000000000000000000000000a-out",
      "0000000000000000000000000000000a-a%2fb.drv", "0000000000000000000000000000000a-%00.drv",
      "0000000000000000000000000000000a-%FF.drv", "0000000000000000000000000000000e-x.drv",
      "0000000000000000000000000000000a-..", "0000000000000000000000000000000a-a%20b.drv"})
  void comeWithNoLogsOfOddNames(String name) {
    assertThat(put("/log/" + name, "log\n".getBytes(StandardCharsets.UTF_8)).statusCode()).isIn(400, 404, 405);
    assertNothingLeft();
  }

  @Test
  void comeWithNoLogsAboveTheLimit() {
    String target = "/log/" + Push.anyPath("x.drv").baseName();
    byte[] log = new byte[(1 << 20) + 1];
    assertProblem(put(target, log), 413, "the log");
    assertProblem(client.sendChunked("PUT", target, log), 413, "kiln.cache.max-log");
    assertThat(client.get(target).statusCode()).isEqualTo(404);
    assertNothingLeft();
  }
}
