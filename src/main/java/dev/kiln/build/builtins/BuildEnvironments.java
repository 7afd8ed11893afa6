package dev.kiln.build.builtins;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.Castore;
import dev.kiln.castore.Node;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.castore.PathComponent;
import dev.kiln.derivation.Derivation;

/** {@code builtin:buildenv}: the user environment of {@code nix-env}, a tree of links to packages. */
final class BuildEnvironments extends TreeBuiltin {

  private static final ByteString PROPAGATED = ByteString.utf8("nix-support/propagated-user-env-packages");
  private static final PathComponent MANIFEST = PathComponent.utf8("manifest.nix");
  /** After all that the user chose. */
  private static final int FIRST_PROPAGATED = 1000;
  /** In bytes, of a list of packages. */
  private static final long MAX_LIST = 1 << 20;
  /** As std::stoi reads it: what follows the digits does not matter. */
  private static final Pattern INTEGER = Pattern.compile("[+-]?[0-9]{1,9}");

  BuildEnvironments(Castore castore, InstantSource clock) {
    super(castore, clock);
  }

  @Override
  public String name() {
    return "buildenv";
  }

  /** @param priority the lower, the stronger */
  private record UserPackage(ByteString path, boolean active, int priority) {}

  @Override
  Node make(Derivation derivation, InputTrees inputs, OutputStream log) throws IOException, InterruptedException {
    ByteString out = attribute(derivation, "out");
    List<UserPackage> packages = packages(attribute(derivation, "derivations"));
    packages.sort(Comparator.comparingInt(UserPackage::priority).thenComparing(UserPackage::path));
    LinkTree links = new LinkTree(castore(), inputs, out, line -> say(log, line));
    Set<ByteString> done = new HashSet<>();
    SortedSet<ByteString> postponed = new TreeSet<>();
    for (UserPackage each : packages) {
      if (each.active()) {
        add(each.path(), each.priority(), links, inputs, done, postponed);
      }
    }
    int priority = FIRST_PROPAGATED;
    while (!postponed.isEmpty()) {
      List<ByteString> next = List.copyOf(postponed);
      postponed.clear();
      for (ByteString path : next) {
        add(path, priority++, links, inputs, done, postponed);
      }
    }
    ByteString manifest = attribute(derivation, "manifest");
    links.link(MANIFEST, manifest);
    return links.ingest();
  }

  private void add(ByteString path, int priority, LinkTree links, InputTrees inputs, Set<ByteString> done,
      Set<ByteString> postponed) throws IOException, InterruptedException {
    if (!done.add(path)) {
      return;
    }
    links.add(path, priority);
    Optional<InputTrees.Found> list = inputs.find(InputTrees.below(path, PROPAGATED));
    if (list.isEmpty()) {
      return;
    }
    if (!(list.get().node() instanceof FileNode file)) {
      throw new BuiltinFailed("reading from file '" + list.get().path() + "': Is a directory");
    }
    if (file.size() > MAX_LIST) {
      throw new BuiltinFailed("'" + list.get().path() + "' has more than " + MAX_LIST + " bytes");
    }
    try (var in = Channels.newInputStream(castore().blobs().open(file.digest()))) {
      tokens(ByteString.owning(in.readAllBytes()), " \n").stream().filter(propagated -> !done.contains(propagated))
          .forEach(postponed::add);
    }
  }

  /** {@code active priority n path1 … pathn}, again and again. */
  private static List<UserPackage> packages(ByteString text) throws BuiltinFailed {
    Deque<ByteString> tokens = new ArrayDeque<>(tokens(text, " \t\n\r"));
    List<UserPackage> packages = new ArrayList<>();
    while (!tokens.isEmpty()) {
      boolean active = !tokens.pop().equals(ByteString.utf8("false"));
      int priority = integer(next(tokens));
      int outputs = integer(next(tokens));
      for (int i = 0; i < outputs; i++) {
        packages.add(new UserPackage(next(tokens), active, priority));
      }
    }
    return packages;
  }

  private static ByteString next(Deque<ByteString> tokens) throws BuiltinFailed {
    ByteString next = tokens.poll();
    if (next == null) {
      throw new BuiltinFailed("attribute 'derivations' ends within a package");
    }
    return next;
  }

  private static int integer(ByteString token) throws BuiltinFailed {
    Matcher digits = INTEGER.matcher(token.toString());
    if (!digits.lookingAt()) {
      throw new BuiltinFailed("attribute 'derivations' has '" + token + "' where a number should be");
    }
    return Integer.parseInt(digits.group());
  }

  private static List<ByteString> tokens(ByteString text, String separators) {
    List<ByteString> tokens = new ArrayList<>();
    int start = 0;
    for (int i = 0; i <= text.length(); i++) {
      if (i == text.length() || separators.indexOf(text.at(i)) >= 0) {
        if (i > start) {
          tokens.add(text.substring(start, i));
        }
        start = i + 1;
      }
    }
    return tokens;
  }
}
