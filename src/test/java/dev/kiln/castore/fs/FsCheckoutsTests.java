package dev.kiln.castore.fs;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.Castore;
import dev.kiln.castore.Checkouts.Checkout;
import dev.kiln.castore.Directories;
import dev.kiln.castore.Directory;
import dev.kiln.castore.Ingest;
import dev.kiln.castore.MissingBlobException;
import dev.kiln.castore.MissingDirectoryException;
import dev.kiln.castore.Node;
import dev.kiln.castore.Node.DirectoryNode;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.castore.Node.SymlinkNode;
import dev.kiln.castore.PathComponent;
import dev.kiln.castore.fs.FileTree.Options;
import dev.kiln.hash.Blake3Digest;
import dev.kiln.posix.DirectoryFd;
import dev.kiln.posix.OrdinaryUser;
import dev.kiln.posix.TreeRemoval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class FsCheckoutsTests {

  private static final String BOOT = "this-boot";

  @TempDir
  Path temp;
  private final KeptDirectories directories = new KeptDirectories();
  private FsBlobs blobs;
  private Castore castore;
  private FsCheckouts checkouts;

  /** In memory. */
  private static final class KeptDirectories implements Directories {
    private final Map<Blake3Digest, Directory> kept = new ConcurrentHashMap<>();

    @Override
    public Optional<Directory> find(Blake3Digest digest) {
      return Optional.ofNullable(kept.get(digest));
    }

    @Override
    public void putAll(Collection<Directory> added) {
      added.forEach(directory -> kept.put(directory.digest(), directory));
    }
  }

  @BeforeEach
  void open() throws IOException {
    Files.setPosixFilePermissions(temp, PosixFilePermissions.fromString("rwxrwxrwx"));
    blobs = new FsBlobs(temp.resolve("data"));
    castore = new Castore(blobs, directories);
    checkouts = open(BOOT, 2);
  }

  private FsCheckouts open(String boot, int maxTrees) throws IOException {
    return new FsCheckouts(castore, blobs::path, temp.resolve("checkouts"), maxTrees, boot);
  }

  @AfterEach
  void close() throws IOException {
    checkouts.close();
    try (DirectoryFd directory = DirectoryFd.open(temp)) {
      for (DirectoryFd.Entry entry : directory.list()) {
        TreeRemoval.remove(directory, entry.name());
      }
    }
  }

  private FileNode file(String content, boolean executable) throws IOException {
    try (Ingest ingest = castore.ingest()) {
      byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
      ingest.file(null, executable, bytes.length, new ByteArrayInputStream(bytes));
      return (FileNode) ingest.sync();
    }
  }

  private DirectoryNode directory(Map<String, Node> entries) {
    Directory.Builder builder = Directory.builder();
    entries.entrySet().stream().map(entry -> Map.entry(name(entry.getKey()), entry.getValue())).sorted(Map.Entry
        .comparingByKey()).forEach(entry -> builder.add(entry.getKey(), entry.getValue()));
    Directory directory = builder.build();
    directories.putAll(List.of(directory));
    return directory.node();
  }

  private static PathComponent name(String latin1) {
    return new PathComponent(ByteString.owning(latin1.getBytes(StandardCharsets.ISO_8859_1)));
  }

  private static SymlinkNode link(String target) {
    return new SymlinkNode(ByteString.utf8(target));
  }

  /** What the tree on disk is, taken in again. */
  private Node readBack(Checkout checkout) throws IOException {
    Path path = checkout.path();
    try (DirectoryFd parent = DirectoryFd.open(path.resolveSibling(".")); Ingest ingest = castore.ingest()) {
      FileTree.read(parent, ByteString.utf8(path.getFileName().toString()), Options.UNLIMITED, ingest);
      return ingest.sync();
    }
  }

  private List<String> onDisk() throws IOException {
    try (var trees = Files.list(temp.resolve("checkouts").resolve(BOOT).resolve("trees"))) {
      return trees.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void laysOutWhatItWasGiven() throws IOException {
    Node tree = directory(Map.of("plain", file("plain", false), "run", file("run", true), "link", link("/nowhere"),
        "\u00ff\n\u00e4", directory(Map.of("\u00e4", file("plain", true), "same", file("plain", false)))));
    for (Node root : List.of(tree, file("plain", false), file("plain", true), link("plain"), directory(Map.of()))) {
      try (Checkout checkout = checkouts.acquire(root)) {
        assertThat(readBack(checkout)).isEqualTo(root);
      }
    }
  }

  @Test
  void givesThePermissionsAndTimesOfAStore() throws IOException {
    Node root = directory(Map.of("plain", file("plain", false), "run", file("run", true), "link", link("/nowhere")));
    try (Checkout checkout = checkouts.acquire(root)) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(checkout.path()))).isEqualTo("r-xr-xr-x");
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(checkout.path().resolve("plain"))))
          .isEqualTo("r--r--r--");
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(checkout.path().resolve("run"))))
          .isEqualTo("r-xr-xr-x");
      try (DirectoryFd directory = DirectoryFd.open(checkout.path())) {
        assertThat(directory.status().modifiedSeconds()).isEqualTo(1);
        for (DirectoryFd.Entry entry : directory.list()) {
          assertThat(directory.status(entry.name()).modifiedSeconds()).as(entry.toString()).isEqualTo(1);
        }
      }
      assertThat(Files.getLastModifiedTime(checkout.path())).isEqualTo(FileTime.fromMillis(1000));
    }
  }

  @Test
  void sharesInodesWithTheBlobsAndAmongExecutables() throws IOException {
    FileNode plain = file("plain", false);
    FileNode run = file("plain", true);
    try (Checkout one = checkouts.acquire(directory(Map.of("a", plain, "x", run, "y", run)));
        Checkout two = checkouts
            .acquire(directory(Map.of("b", plain, "z", run)))) {
      assertThat(Files.isSameFile(one.path().resolve("a"), blobs.path(plain.digest()))).isTrue();
      assertThat(Files.isSameFile(one.path().resolve("a"), two.path().resolve("b"))).isTrue();
      assertThat(Files.isSameFile(one.path().resolve("x"), one.path().resolve("y"))).isTrue();
      assertThat(Files.isSameFile(one.path().resolve("x"), two.path().resolve("z"))).isTrue();
      assertThat(Files.isSameFile(one.path().resolve("x"), one.path().resolve("a"))).isFalse();
    }
  }

  @Test
  void leavesNothingOfATreeThatCannotBeLaidOut() throws IOException {
    FileNode gone = file("gone", false);
    Files.delete(blobs.path(gone.digest()));
    FileNode goneExecutable = new FileNode(gone.digest(), gone.size(), true);
    DirectoryNode unknown = new DirectoryNode(gone.digest(), 1);
    for (Node missing : List.of(gone, goneExecutable)) {
      assertThatExceptionOfType(MissingBlobException.class).isThrownBy(() -> checkouts.acquire(directory(Map.of("a",
          directory(Map.of()), "b", missing)))).matches(e -> e.digest().equals(gone.digest()));
    }
    assertThatExceptionOfType(MissingDirectoryException.class).isThrownBy(() -> checkouts.acquire(directory(Map.of("a",
        unknown))));
    assertThat(onDisk()).isEmpty();
    file("gone", false);
    try (Checkout checkout = checkouts.acquire(directory(Map.of("a", directory(Map.of()), "b", gone)))) {
      assertThat(checkout.path().resolve("b")).as("once the blob is back").hasContent("gone");
    }
  }

  @Test
  void keepsTheMostRecentlyUsedTreesAndAllThatAreInUse() throws IOException {
    Checkout held = checkouts.acquire(link("held"));
    for (int i = 0; i < 5; i++) {
      checkouts.acquire(directory(Map.of("l", link("" + i)))).close();
    }
    Checkout first = checkouts.acquire(directory(Map.of("l", link("3"))));
    first.close();
    first.close();
    checkouts.acquire(link("new")).close();
    assertThat(onDisk()).containsExactlyInAnyOrder(first.path().getFileName().toString(), held.path().getFileName()
        .toString(), checkouts.acquire(link("new")).path().getFileName().toString());
    held.close();
  }

  @Test
  void laysATreeOutOnceForAllWhoWantItAtTheSameTime() throws Exception {
    Map<String, Node> entries = new ConcurrentHashMap<>();
    for (int i = 0; i < 200; i++) {
      entries.put("f" + i, file("" + i % 7, i % 2 == 0));
    }
    Node root = directory(entries);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Object>> inodes = new ArrayList<>();
      for (int i = 0; i < 16; i++) {
        inodes.add(threads.submit(() -> {
          try (Checkout checkout = checkouts.acquire(root)) {
            return Files.getAttribute(checkout.path(), "unix:ino");
          }
        }));
      }
      for (Future<Object> inode : inodes) {
        assertThat(inode.get()).isEqualTo(inodes.getFirst().get());
      }
    }
    assertThat(onDisk()).hasSize(1);
  }

  @Test
  void trustsOnlyWholeTreesOfThisBoot() throws IOException {
    Node root = directory(Map.of("a", link("b")));
    Checkout before = checkouts.acquire(root);
    Object inode = Files.getAttribute(before.path(), "unix:ino");
    Files.createDirectories(before.path().resolveSibling("tmp-7/half"));
    checkouts.close();
    checkouts = open(BOOT, 2);
    assertThat(onDisk()).containsExactly(before.path().getFileName().toString());
    try (Checkout after = checkouts.acquire(root)) {
      assertThat(Files.getAttribute(after.path(), "unix:ino")).isEqualTo(inode);
    }
    checkouts.close();
    checkouts = open("next-boot", 2);
    assertThat(temp.resolve("checkouts").resolve(BOOT)).doesNotExist();
  }

  @Test
  void worksWithoutRoot() throws Exception {
    checkouts.close();
    Node root = OrdinaryUser.call(() -> {
      Path own = Files.createDirectory(temp.resolve("own"));
      FsBlobs ownBlobs = new FsBlobs(own.resolve("data"));
      Castore ownCastore = new Castore(ownBlobs, directories);
      try (Ingest ingest = ownCastore.ingest();
          var ownCheckouts = new FsCheckouts(ownCastore, ownBlobs::path, own
              .resolve("checkouts"), 0, BOOT)) {
        ingest.enterDirectory(null);
        ingest.enterDirectory(name("a"));
        ingest.file(name("x"), true, 1, new ByteArrayInputStream(new byte[1]));
        ingest.file(name("y"), false, 1, new ByteArrayInputStream(new byte[1]));
        ingest.leaveDirectory();
        ingest.leaveDirectory();
        Node node = ingest.sync();
        Checkout checkout = ownCheckouts.acquire(node);
        assertThat(checkout.path().resolve("a/x")).isExecutable();
        checkout.close();
        assertThat(checkout.path()).as("evicted").doesNotExist();
        return node;
      }
    });
    assertThat(root).isInstanceOf(DirectoryNode.class);
  }

  @Test
  void laysOutVeryDeepAndVeryWideTrees() throws IOException {
    Node deep = directory(Map.of());
    for (int i = 0; i < 10_000; i++) {
      deep = directory(Map.of("twelve bytes", deep));
    }
    try (Checkout checkout = checkouts.acquire(deep)) {
      assertThat(readBack(checkout)).isEqualTo(deep);
    }
    FileNode file = file("same", false);
    Directory.Builder wide = Directory.builder();
    for (int i = 100_000; i < 150_000; i++) {
      wide.add(name("entry" + i), i % 100 == 0 ? file : link("t"));
    }
    Directory built = wide.build();
    directories.putAll(List.of(built));
    try (Checkout checkout = checkouts.acquire(built.node())) {
      assertThat(readBack(checkout)).isEqualTo(built.node());
    }
  }
}
