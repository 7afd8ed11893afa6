package dev.kiln.build.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/**
 * What every builder sees besides its inputs and its own directories: mount points, devices, {@code /etc} and
 * {@code /bin/sh} (Nix: local-derivation-goal.cc, startBuilder and runChild). Made once, mounted read-only by every build.
 */
final class SandboxRoot {

  /** What is mounted over a place of the root in every build. */
  record Mount(Path source, String place) {}

  private static final String PASSWD = """
      root:x:0:0:Nix build user:/build:/noshell
      nixbld:x:1000:100:Nix build user:/build:/noshell
      nobody:x:65534:65534:Nobody:/:/noshell
      """;
  private static final String GROUP = """
      root:x:0:
      nixbld:!:100:
      nogroup:x:65534:
      """;
  private static final String HOSTS = "127.0.0.1 localhost\n::1 localhost\n";
  private static final String NSSWITCH = "hosts: files dns\nservices: files\n";

  private static final List<String> DEVICES = List.of("full", "null", "random", "tty", "urandom", "zero");
  private static final List<Path> CERTIFICATES = List.of(Path.of("/etc/ssl/certs/ca-certificates.crt"),
      Path.of("/etc/ssl/ca-bundle.pem"), Path.of("/etc/pki/tls/certs/ca-bundle.crt"));

  private final Path path;
  private final List<Mount> mounts = new ArrayList<>();

  private SandboxRoot(Path path) {
    this.path = path;
  }

  /**
   * Makes a root at {@code path}, which does not exist.
   *
   * @param shell a static busybox
   * @param kvm whether {@code /dev/kvm} is there
   * @param network whether it is for fixed outputs, which may use the network and are told about it
   */
  static SandboxRoot create(Path path, Path shell, boolean kvm, boolean network) throws IOException {
    SandboxRoot root = new SandboxRoot(path);
    for (String directory : List.of("bin", "build", "dev/pts", "dev/shm", "etc", "nix/store", "proc", "tmp")) {
      Files.createDirectories(path.resolve(directory));
    }
    Files.copy(shell, path.resolve("bin/sh"), StandardCopyOption.REPLACE_EXISTING);
    Files.setPosixFilePermissions(path.resolve("bin/sh"), PosixFilePermissions.fromString("r-xr-xr-x"));
    for (String device : DEVICES) {
      root.mount(Path.of("/dev", device), "dev/" + device);
    }
    if (kvm) {
      root.mount(Platform.KVM, "dev/kvm");
    }
    root.link("dev/fd", "/proc/self/fd");
    root.link("dev/stdin", "/proc/self/fd/0");
    root.link("dev/stdout", "/proc/self/fd/1");
    root.link("dev/stderr", "/proc/self/fd/2");
    root.link("dev/ptmx", "/dev/pts/ptmx");
    root.write("etc/passwd", PASSWD);
    root.write("etc/group", GROUP);
    if (network) {
      root.network();
    } else {
      root.write("etc/hosts", HOSTS);
    }
    return root;
  }

  Path path() {
    return path;
  }

  List<Mount> mounts() {
    return List.copyOf(mounts);
  }

  private void network() throws IOException {
    write("etc/nsswitch.conf", NSSWITCH);
    for (String file : List.of("hosts", "resolv.conf", "services")) {
      if (Files.exists(Path.of("/etc", file))) {
        mount(Path.of("/etc", file), "etc/" + file);
      }
    }
    for (Path certificates : certificates()) {
      if (Files.exists(certificates)) {
        Files.createDirectories(path.resolve("etc/ssl/certs"));
        mount(certificates, "etc/ssl/certs/ca-certificates.crt");
        return;
      }
    }
  }

  /** What Nix looks at, in its order (Nix: globals.cc, getDefaultSSLCertFile), and where other systems have theirs. */
  private static List<Path> certificates() {
    List<Path> certificates = new ArrayList<>();
    for (String variable : List.of("NIX_SSL_CERT_FILE", "SSL_CERT_FILE")) {
      String file = System.getenv(variable);
      if (file != null && !file.isEmpty()) {
        certificates.add(Path.of(file));
      }
    }
    certificates.addAll(CERTIFICATES);
    return certificates;
  }

  /** Links of the source are followed when it is mounted, so that what {@code resolv.conf} is may change. */
  private void mount(Path source, String place) throws IOException {
    Files.createFile(path.resolve(place));
    mounts.add(new Mount(source, place));
  }

  private void link(String place, String target) throws IOException {
    if (!Files.exists(path.resolve(place), LinkOption.NOFOLLOW_LINKS)) {
      Files.createSymbolicLink(path.resolve(place), Path.of(target));
    }
  }

  private void write(String place, String text) throws IOException {
    Files.writeString(path.resolve(place), text);
    Files.setPosixFilePermissions(path.resolve(place), PosixFilePermissions.fromString("rw-r--r--"));
  }
}
