package dev.kiln.binarycache;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.test.jdbc.JdbcTestUtils;
import tools.jackson.databind.json.JsonMapper;

import dev.kiln.harness.NixClient;
import dev.kiln.harness.TemporaryDirectories;
import dev.kiln.hash.HashAlgorithm;
import dev.kiln.hash.HashingOutputStream;
import dev.kiln.hash.NixHash;
import dev.kiln.nar.NarBytes;
import dev.kiln.storepath.ContentAddress;
import dev.kiln.storepath.ContentAddress.Fixed;
import dev.kiln.storepath.ContentAddress.IngestionMethod;
import dev.kiln.storepath.ContentAddress.Text;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;
import dev.kiln.storepath.StorePathName;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

/** Paths whose names say what is in them: nobody can push other content under such a name. */
class HostileContentAddressIT extends HostilePushes {

  record Address(String kind, IngestionMethod method, HashAlgorithm algorithm) {

    ContentAddress of(String text) throws IOException {
      byte[] hashed = kind.equals("recursive") ? Push.nar(text) : text.getBytes(ISO_8859_1);
      HashingOutputStream hash = new HashingOutputStream(OutputStream.nullOutputStream(), algorithm);
      hash.write(hashed);
      return kind.equals("text") ? new Text(hash.hash()) : new Fixed(method, hash.hash());
    }

    boolean allowsReferences() {
      return !kind.equals("flat") && algorithm == HashAlgorithm.SHA256;
    }

    @Override
    public String toString() {
      return kind + " " + algorithm;
    }
  }

  static Stream<Address> addresses() {
    return Stream.concat(Stream.of(new Address("text", IngestionMethod.FLAT, HashAlgorithm.SHA256)),
        Stream.of(HashAlgorithm.values()).flatMap(algorithm -> Stream.of(
            new Address("flat", IngestionMethod.FLAT, algorithm),
            new Address("recursive", IngestionMethod.RECURSIVE, algorithm))));
  }

  @ParameterizedTest
  @MethodSource("addresses")
  void isTakenOnlyWithItsOwnContent(Address address) throws IOException {
    String text = Push.freshText();
    Push right = Push.addressed(address.of(text), Push.nar(text));
    Push wrong = Push.addressed(address.of(text), Push.nar(text + "evil"));
    send(right);
    send(wrong);
    keepWhatIsHere();
    assertProblem(sendNarInfo(wrong), 422, "but its content has", address.of(text + "evil").hash().prefixedBase32());
    assertNothingLeft();
    assertInvisible(right);
    assertThat(sendNarInfo(right).statusCode()).isEqualTo(201);
    assertThat(client.get("/store/" + right.path().baseName()).body()).isEqualTo(text);
  }

  @ParameterizedTest
  @MethodSource("addresses")
  void isTakenOnlyUnderItsOwnName(Address address) throws IOException {
    String text = Push.freshText();
    Push push = Push.of(Push.nar(text)).with("CA", address.of(text).render());
    send(push);
    keepWhatIsHere();
    assertProblem(sendNarInfo(push), 422, "is not the path of the content address");
    assertNothingLeft();
    assertInvisible(push);
  }

  @ParameterizedTest
  @MethodSource("addresses")
  void isTakenWithReferencesOnlyWhereTheyAreAllowed(Address address) throws IOException {
    Push reference = Push.fresh();
    send(reference);
    assertThat(sendNarInfo(reference).statusCode()).isEqualTo(201);
    String text = Push.freshText();
    Push push = Push.addressed(address.of(text), Push.nar(text));
    send(push);
    keepWhatIsHere();
    // the name stands for content without references
    assertProblem(sendNarInfo(push.with("References", reference.path().baseName())), 422, "with these references");
    if (address.allowsReferences()) {
      Push allowed = Push.addressed(address.of(text), Push.nar(text), reference.path());
      assertThat(sendNarInfo(allowed).statusCode()).isEqualTo(201);
    }
    assertInvisible(push);
  }

  /** Where references are no part of a name, Nix 2.8 lets a path refer to itself. */
  static Stream<Address> addressesWithReferences() {
    return addresses().filter(Address::allowsReferences);
  }

  @ParameterizedTest
  @MethodSource("addressesWithReferences")
  void refersToItselfOnlyIfItsNameWasMadeSo(Address address) throws IOException {
    String text = Push.freshText();
    Push push = Push.addressed(address.of(text), Push.nar(text));
    send(push);
    keepWhatIsHere();
    assertProblem(sendNarInfo(push.with("References", push.path().baseName())), 422, "with these references");
    assertNothingLeft();
    assertInvisible(push);
  }

  @ParameterizedTest
  @MethodSource("addresses")
  void isAPlainFileUnlessItIsRecursive(Address address) throws IOException {
    String text = Push.freshText();
    for (byte[] nar : new byte[][]{
        NarBytes.nar().words("( type regular executable \"\" contents").string(text).words(")").bytes(),
        NarBytes.nar().words("( type directory").file("x", text).words(")").bytes(),
        NarBytes.nar().words("( type symlink target").string(text.strip()).words(")").bytes()}) {
      Push push = Push.addressed(address.of(text), nar);
      send(push);
      keepWhatIsHere();
      assertProblem(sendNarInfo(push), 422, push.path().toString());
      assertNothingLeft();
      assertInvisible(push);
    }
  }

  /** The self-reference is Nix's own work: it rewrites a path to one that its content names. */
  @Test
  void thatRefersToItselfIsTakenOnlyWithItsOwnContent() throws IOException {
    NixClient nix = new NixClient();
    Path directory = TemporaryDirectories.create("kiln-self-");
    String path = addressedSelfReference(nix, directory);
    Path cache = directory.resolve("addressed");
    nix.run("nix", "copy", "--to", "file://" + cache + "?compression=none", path).ok();
    NarInfo info = NarInfo.parse(Files.readAllBytes(cache.resolve(StorePath.parse(path).hash() + ".narinfo")));
    byte[] nar = Files.readAllBytes(cache.resolve(info.file().url()));
    assertThat(info.references()).containsExactly(info.path());
    String address = info.ca().orElseThrow().render();
    Push right = Push.of(info.path(), nar).with("References", info.path().baseName()).with("CA", address);
    // as long, and as often itself: only one letter is another
    Push wrong = Push
        .of(info.path(), new String(nar, ISO_8859_1).replace("Itself", "itself").getBytes(ISO_8859_1))
        .with("References", info.path().baseName()).with("CA", address);
    send(right);
    send(wrong);
    keepWhatIsHere();
    assertProblem(sendNarInfo(wrong), 422, "but its content has");
    assertNothingLeft();
    assertThat(sendNarInfo(right).statusCode()).isEqualTo(201);
  }

  private static String addressedSelfReference(NixClient nix, Path directory) throws IOException {
    StorePath self = new StorePath(StorePathHash.parse("s66mzxpvicwk07gjbjfw9izjfa797vsw"), new StorePathName("self"));
    Push push = Push.of(self, Push.nar("Itself: " + self + ", and " + self + "/x\n")).with("References",
        self.baseName());
    Path cache = directory.resolve("input-addressed");
    Files.createDirectories(cache.resolve("nar"));
    Files.writeString(cache.resolve("nix-cache-info"), "StoreDir: /nix/store\n");
    Files.write(cache.resolve(push.narTarget().substring(1)), push.file());
    Files.writeString(cache.resolve(self.hash() + ".narinfo"), push.narInfo());
    nix.run("nix", "copy", "--no-check-sigs", "--from", "file://" + cache, "--to", nix.root().toString(),
        self.toString()).ok();
    String json = nix.run("nix", "store", "make-content-addressed", "--json", self.toString()).ok();
    return JsonMapper.shared().readTree(json).get("rewrites").get(self.toString()).asString();
  }

  @Test
  void thatIsADerivationMustBeOne() throws IOException {
    String text = Push.freshText();
    NixHash hash = NixHash.sha256Of(text);
    Push push = Push.of(Push.anyPath("x.drv"), Push.nar(text));
    send(push);
    Push directory = Push.of(Push.anyPath("x.drv"),
        NarBytes.nar().words("( type directory").file("x", text).words(")").bytes());
    send(directory);
    keepWhatIsHere();
    assertProblem(sendNarInfo(push), 422, "x.drv");
    assertProblem(sendNarInfo(push.with("CA", new Text(hash).render())), 422, "x.drv");
    assertProblem(sendNarInfo(directory), 422, "is not a file");
    assertNothingLeft();
    assertInvisible(push);
    assertInvisible(directory);
  }

  @Test
  void thatIsAnHonestDerivationIsRefusedUnderAnotherNameAndWithOtherReferences() throws IOException {
    StorePath path = GoldenKiln.derivation("basic.trivial");
    byte[] nar = Files.readAllBytes(Path.of("src/test/resources/golden/nar", path.baseName() + ".nar"));
    Push renamed = Push.of(Push.anyPath("trivial.drv"), nar);
    Push alone = Push.of(path, nar);
    send(alone);
    keepWhatIsHere();
    assertProblem(sendNarInfo(renamed), 422, "trivial.drv");
    assertProblem(sendNarInfo(alone), 422, "References");
    assertNothingLeft();
    assertThat(JdbcTestUtils.countRowsInTable(jdbc, "derivation")).isZero();
  }
}
