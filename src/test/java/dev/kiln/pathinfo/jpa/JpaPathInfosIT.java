package dev.kiln.pathinfo.jpa;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.test.jdbc.JdbcTestUtils;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.Directory;
import dev.kiln.castore.Node;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.castore.Node.SymlinkNode;
import dev.kiln.harness.ScratchKilnTest;
import dev.kiln.hash.Blake3;
import dev.kiln.hash.NixHash;
import dev.kiln.pathinfo.MissingReferenceException;
import dev.kiln.pathinfo.PathInfo;
import dev.kiln.pathinfo.PathInfos;
import dev.kiln.pathinfo.Signature;
import dev.kiln.storepath.ContentAddress;
import dev.kiln.storepath.ContentAddress.IngestionMethod;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;
import dev.kiln.storepath.StorePathName;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

@ScratchKilnTest
class JpaPathInfosIT {

  private static final NixHash NAR = NixHash.sha256Of(ByteString.utf8("nar"));
  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");

  @Autowired
  PathInfos pathInfos;

  @Autowired
  JdbcTemplate jdbc;

  private final Random random = new Random(42);

  @BeforeEach
  void empty() {
    jdbc.update("truncate path_info cascade");
  }

  @Test
  void findNothingThatWasNotRegistered() {
    StorePath path = path("never");
    assertThat(pathInfos.find(path.hash())).isEmpty();
    assertThat(pathInfos.present(List.of(path.hash()))).isEmpty();
    assertThat(pathInfos.present(List.of())).isEmpty();
    assertThat(pathInfos.closure(List.of(path.hash()))).isEmpty();
    assertThat(pathInfos.closure(List.of())).isEmpty();
    assertThat(pathInfos.referrers(path.hash())).isEmpty();
    pathInfos.register(List.of());
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void giveBackAllThatIsKnownOfPathsOfEveryKind(boolean oneByOne) {
    PathInfo reference = plain("reference");
    List<Node> roots = List.of(Directory.EMPTY.node(), new FileNode(Blake3.of("x".getBytes(UTF_8)), 0, true),
        new FileNode(Blake3.of("y".getBytes(UTF_8)), Long.MAX_VALUE, false),
        new SymlinkNode(ByteString.copyOf(new byte[]{(byte) 0xff, '/', '\n'})));
    List<PathInfo> infos = new ArrayList<>(List.of(reference));
    for (Node root : roots) {
      StorePath path = path("kind-" + infos.size());
      infos.add(new PathInfo(path, root, NAR, Long.MAX_VALUE - 7, new TreeSet<>(List.of(path, reference.path())),
          Optional.of(path("x.drv")), Optional.of(ContentAddress.parse("fixed:r:sha256:" + "0".repeat(52))),
          List.of(Signature.parse("cache-1:AAAA"), Signature.parse("b:BBBB==")), NOW));
    }
    if (oneByOne) {
      assertThat(infos).allSatisfy(
          info -> assertThat(pathInfos.register(List.of(info))).containsExactly(info.path().hash()));
    } else {
      pathInfos.register(infos);
    }
    assertThat(infos).allSatisfy(info -> assertThat(pathInfos.find(info.path().hash())).contains(info));
    assertThat(pathInfos.present(infos.stream().map(info -> info.path().hash()).toList())).hasSize(5);
  }

  @Test
  void findThoseThatWereRegisteredBeforeTheirRowsHeldWhatTheyReferTo() {
    PathInfo reference = plain("reference");
    PathInfo one = addressed("one", new ContentAddress.Fixed(IngestionMethod.FLAT, NAR), reference.path());
    pathInfos.register(List.of(reference, one));
    jdbc.update("update path_info set reference_hashes = null, reference_names = null");
    assertThat(pathInfos.find(one.path().hash())).contains(one);
    assertThat(pathInfos.find(reference.path().hash())).contains(reference);
    assertThat(pathInfos.closure(List.of(one.path().hash()))).containsExactlyInAnyOrder(one, reference);
  }

  @Test
  void findOneByItsContentUnlessItRefersToAnything() {
    var flat = new ContentAddress.Fixed(IngestionMethod.FLAT, NAR);
    PathInfo reference = plain("reference");
    PathInfo referring = addressed("referring", flat, reference.path());
    PathInfo recursive = addressed("recursive", new ContentAddress.Fixed(IngestionMethod.RECURSIVE, NAR));
    pathInfos.register(List.of(reference, referring, recursive));
    assertThat(pathInfos.findByContentAddress(flat)).isEmpty();
    PathInfo one = addressed("one", flat);
    pathInfos.register(List.of(one));
    assertThat(pathInfos.findByContentAddress(flat)).contains(one);
    pathInfos.register(List.of(addressed("two", flat)));
    assertThat(pathInfos.findByContentAddress(flat)).isPresent();
  }

  @Test
  void keepWhoCameFirstTogetherWithItsReferences() {
    PathInfo one = plain("one");
    PathInfo two = plain("two");
    PathInfo first = referring("same", one);
    pathInfos.register(List.of(one, two, first));
    PathInfo second = new PathInfo(first.path(), Directory.EMPTY.node(), NixHash.sha256Of(ByteString.utf8("other")), 96,
        new TreeSet<>(List.of(two.path())), Optional.empty(), Optional.empty(), List.of(), NOW.plusSeconds(1));
    pathInfos.register(List.of(second));
    assertThat(pathInfos.find(first.path().hash())).contains(first);
    assertThat(pathInfos.referrers(two.path().hash())).isEmpty();
  }

  @Test
  void refuseAPathThatRefersToOneThatIsNotHereAndRegisterNoneOfTheOthers() {
    PathInfo absent = plain("absent");
    PathInfo fine = plain("fine");
    assertThatThrownBy(() -> pathInfos.register(List.of(fine, referring("needy", fine, absent))))
        .isInstanceOfSatisfying(MissingReferenceException.class,
            e -> assertThat(e.missing()).containsExactly(absent.path()));
    assertThat(count("path_info")).isZero();
    assertThat(count("path_reference")).isZero();
  }

  @Test
  void refuseOneThatRefersToOthersThatAreNotHereAndNameThem() {
    PathInfo present = plain("present");
    pathInfos.register(List.of(present));
    PathInfo absent = plain("absent");
    PathInfo gone = plain("gone");
    PathInfo needy = referring("needy", present, absent, gone);
    assertThatThrownBy(() -> pathInfos.register(List.of(needy))).isInstanceOfSatisfying(
        MissingReferenceException.class,
        e -> assertThat(e.missing()).containsExactlyInAnyOrder(absent.path(), gone.path()));
    assertThat(count("path_info")).isEqualTo(1);
    assertThat(count("path_reference")).isZero();
  }

  @Test
  void takeOneThatRefersToItselfAndTellThatItIsHereTheNextTime() {
    StorePath self = path("self");
    PathInfo info = info(self, self);
    assertThat(pathInfos.register(List.of(info))).containsExactly(self.hash());
    assertThat(pathInfos.register(List.of(info))).isEmpty();
    assertThat(pathInfos.find(self.hash())).contains(info);
    assertThat(pathInfos.referrers(self.hash())).containsExactly(self);
  }

  @Test
  void takePathsThatReferToThemselvesAndToEachOther() {
    StorePath a = path("a");
    StorePath b = path("b");
    pathInfos.register(List.of(info(a, a, b), info(b, a)));
    assertThat(pathInfos.closure(List.of(b.hash()))).extracting(PathInfo::path).containsExactlyInAnyOrder(a, b);
    assertThat(pathInfos.referrers(a.hash())).containsExactly(a.compareTo(b) < 0 ? a : b, a.compareTo(b) < 0 ? b : a);
    assertThat(pathInfos.referrers(b.hash())).containsExactly(a);
  }

  @Test
  void takeFiveThousandPathsInOneCallAndGiveTheirClosure() {
    List<PathInfo> chain = chain(5_000);
    pathInfos.register(chain);
    assertThat(count("path_info")).isEqualTo(5_000);
    List<PathInfo> closure = pathInfos.closure(List.of(chain.getLast().path().hash()));
    assertThat(closure).hasSize(5_000);
    assertThat(Set.copyOf(closure)).isEqualTo(Set.copyOf(chain));
    List<StorePathHash> all = chain.stream().map(info -> info.path().hash()).toList();
    assertThat(pathInfos.present(all)).hasSize(5_000);
  }

  @Test
  void takeTheSamePathsFromManyThreadsAtOnceWithoutADeadlock() throws Exception {
    List<PathInfo> chain = chain(3_000);
    List<Callable<Void>> writers = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      List<PathInfo> shuffled = new ArrayList<>(chain);
      Collections.shuffle(shuffled, random);
      writers.add(() -> {
        pathInfos.register(shuffled);
        return null;
      });
    }
    try (var executor = Executors.newFixedThreadPool(writers.size())) {
      for (Future<Void> written : executor.invokeAll(writers)) {
        written.get();
      }
    }
    assertThat(count("path_info")).isEqualTo(3_000);
    assertThat(count("path_reference")).isEqualTo(2_999);
  }

  private List<PathInfo> chain(int length) {
    List<PathInfo> chain = new ArrayList<>(List.of(plain("link-0")));
    for (int i = 1; i < length; i++) {
      chain.add(referring("link-" + i, chain.getLast()));
    }
    return chain;
  }

  private PathInfo plain(String name) {
    return info(path(name));
  }

  private PathInfo referring(String name, PathInfo... references) {
    return info(path(name), List.of(references).stream().map(PathInfo::path).toArray(StorePath[]::new));
  }

  private PathInfo addressed(String name, ContentAddress ca, StorePath... references) {
    PathInfo info = info(path(name), references);
    return new PathInfo(info.path(), info.root(), info.narHash(), info.narSize(), info.references(), info.deriver(),
        Optional.of(ca), info.signatures(), info.registrationTime());
  }

  private static PathInfo info(StorePath path, StorePath... references) {
    return new PathInfo(path, Directory.EMPTY.node(), NAR, 96, new TreeSet<>(List.of(references)), Optional.empty(),
        Optional.empty(), List.of(), NOW);
  }

  private StorePath path(String name) {
    byte[] hash = new byte[20];
    random.nextBytes(hash);
    return new StorePath(StorePathHash.of(hash), new StorePathName(name));
  }

  private int count(String table) {
    return JdbcTestUtils.countRowsInTable(jdbc, table);
  }
}
