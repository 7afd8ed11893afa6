package dev.kiln.store;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;

import dev.kiln.hash.HashAlgorithm;
import dev.kiln.hash.HashingOutputStream;
import dev.kiln.hash.NixHash;
import dev.kiln.nar.NarSink;
import dev.kiln.store.RandomTree.Bytes;
import dev.kiln.store.RandomTree.Directory;
import dev.kiln.store.RandomTree.Link;
import dev.kiln.store.RandomTree.Part;
import dev.kiln.store.RandomTree.Reference;
import dev.kiln.store.RandomTree.Regular;
import dev.kiln.store.RandomTree.Run;

import static java.io.OutputStream.nullOutputStream;

/**
 * Expressions of derivations, in the Nix language, each of which may need those before it: names with every character that is
 * allowed, variables and arguments of any bytes but NUL, one to four outputs that refer to inputs, to each other and to
 * themselves, in contents, names and targets.
 */
final class RandomExpressions {

  private static final List<String> OUTPUTS = List.of("dev", "lib", "out", "bin-1", "x.y", "A_b+c", "q?=1", "Doc");
  /** Nix has its own values for some of these, and defaults for others. */
  private static final List<String> KNOWN_VARIABLES = List.of("HOME", "PATH", "TMPDIR", "TEMP", "PWD", "NIX_STORE",
      "NIX_BUILD_CORES", "NIX_BUILD_TOP", "NIX_LOG_FD", "TERM", "NIX_OUTPUT_CHECKED", "USER", "LANG");

  private final long seed;
  private final boolean contentAddressed;
  /** Expressions of outputs of the derivations so far. */
  private final List<String> outputs = new ArrayList<>();
  private RandomBytes random;
  private int made;

  RandomExpressions(long seed) {
    this(seed, false);
  }

  /**
   * @param contentAddressed whether there are floating outputs, fixed ones with structured attributes, and outputs that refer to
   *     each other in a circle, too
   */
  RandomExpressions(long seed, boolean contentAddressed) {
    this.seed = seed;
    this.contentAddressed = contentAddressed;
    random = new RandomBytes(new Random(seed));
  }

  /** @return a derivation, which expressions later on know as {@code d<number>} */
  String next() throws IOException {
    // Each from a seed of its own: how many there are changes none of them
    random = new RandomBytes(new Random(seed * 1_000_003 + made));
    SortedMap<String, String> attributes = new TreeMap<>();
    attributes.put("name",
        new NixText().raw(random.storeName(random.chance(20) ? 190 : 1 + random.below(30))).toString());
    attributes.put("system", "\"x86_64-linux\"");
    attributes.put("builder", "\"${bb}/busybox\"");
    NixText script = new NixText();
    List<String> own = List.of("out");
    switch (random.below(8)) {
      case 0 -> fixed(attributes, script);
      case 1 -> own = structured(attributes, script);
      default -> own = plain(attributes, script);
    }
    if (contentAddressed && !attributes.containsKey("outputHash") && !random.chance(3)) {
      makeFloating(attributes);
    }
    List<String> args = new ArrayList<>(List.of("\"sh\"", "\"-e\"", "\"-c\"", script.toString()));
    for (int i = random.below(4); i > 0; i--) {
      args.add(value(own));
    }
    attributes.put("args", "[ " + String.join(" ", args) + " ]");
    StringBuilder text = new StringBuilder("derivation {\n");
    attributes.forEach((name, value) -> text.append("    ").append(new NixText().raw(name)).append(" = ").append(value)
        .append(";\n"));
    for (String output : own) {
      outputs.add("d" + made + "." + new NixText().raw(output));
    }
    made++;
    return text.append("  }").toString();
  }

  private void fixed(Map<String, String> attributes, NixText script) throws IOException {
    HashAlgorithm algorithm = random.pick(List.of(HashAlgorithm.values()));
    NixHash hash;
    RandomTree tree;
    if (random.chance(2)) {
      List<Part> content = parts(List.of());
      tree = new Regular(content, false);
      var digest = algorithm.newDigest();
      digest.update(RandomTree.bytes(content));
      hash = NixHash.finish(algorithm, digest);
    } else {
      tree = tree(List.of(), 3);
      var nar = new HashingOutputStream(nullOutputStream(), algorithm);
      tree.sendTo(new NarSink(nar), null);
      hash = nar.hash();
      attributes.put("outputHashMode", "\"recursive\"");
    }
    attributes.put("outputHashAlgo", "\"" + algorithm.nixName() + "\"");
    attributes.put("outputHash",
        "\"" + random.pick(List.of(hash.base16(), hash.base32(), hash.base64(), hash.sri())) + "\"");
    if (contentAddressed && random.chance(3)) {
      structuredAttributes(attributes, List.of());
    } else {
      variables(attributes, List.of());
    }
    tree.make(script, place("out"));
  }

  /** Only with a NAR's SHA-256 may it refer to anything; that is the default. */
  private void makeFloating(Map<String, String> attributes) {
    attributes.put("__contentAddressed", "true");
    if (random.chance(2)) {
      attributes.put("outputHashAlgo", "\"sha256\"");
    }
    if (random.chance(2)) {
      attributes.put("outputHashMode", "\"recursive\"");
    }
  }

  private List<String> structured(Map<String, String> attributes, NixText script) {
    List<String> own = ownOutputs(attributes);
    structuredAttributes(attributes, own);
    script.raw("cat .attrs.json .attrs.sh > ").add(place(own.getFirst())).raw("\n");
    makeAll(own.subList(1, own.size()), script);
    return own;
  }

  private void structuredAttributes(Map<String, String> attributes, List<String> own) {
    attributes.put("__structuredAttrs", "true");
    for (int i = random.below(6); i > 0; i--) {
      attributes.put(random.chance(2) ? "v" + random.below(100) : "V" + random.utf8(8), json(own, 3));
    }
  }

  private String json(List<String> own, int depth) {
    return switch (random.below(depth > 0 ? 8 : 6)) {
      case 0 -> Integer.toString(random.below(Integer.MAX_VALUE));
      case 1 -> "(-" + random.below(1000) + "." + random.below(100_000) + ")";
      case 2 -> "null";
      case 3 -> random.pick(List.of("true", "false"));
      case 4 -> new NixText().raw(random.utf8(10)).toString();
      case 5 -> new NixText().raw(random.utf8(10)).nix(reference(own)).toString();
      case 6 -> "[ " + json(own, depth - 1) + " " + json(own, depth - 1) + " ]";
      default -> "{ _a1 = " + json(own, depth - 1) + "; " + new NixText().raw(random.utf8(10)) + " = "
          + json(own, depth - 1) + "; }";
    };
  }

  private List<String> plain(Map<String, String> attributes, NixText script) {
    List<String> own = ownOutputs(attributes);
    variables(attributes, own);
    List<String> files = new ArrayList<>();
    for (int i = random.below(12) - 9; i > 0; i--) {
      String name = random.chance(2) ? "v" + i : "V" + random.text(6);
      attributes.put(name, value(own));
      files.add(new NixText().raw(name).toString());
    }
    attributes.put("passAsFile", "[ " + String.join(" ", files) + " ]");
    boolean graph = !outputs.isEmpty() && random.chance(12);
    if (graph) {
      attributes.put("exportReferencesGraph", "[ \"graph\" " + random.pick(outputs) + " ]");
    }
    List<String> rest = own;
    if (graph || random.chance(3)) {
      String shown = graph ? "cat graph /build/.attr-* /proc/$$/environ" : "cat /build/.attr-* /proc/$$/environ";
      script.raw("{ " + shown + " 2> /dev/null || :;"
          + (random.chance(3) ? " cat /proc/$$/cmdline;" : "") + " } > ").add(place(own.getFirst())).raw("\n");
      rest = own.subList(1, own.size());
    }
    makeAll(rest, script);
    return own;
  }

  private List<String> ownOutputs(Map<String, String> attributes) {
    if (random.chance(2)) {
      return List.of("out");
    }
    List<String> names = new ArrayList<>(OUTPUTS);
    Collections.shuffle(names, new Random(random.below(1 << 30)));
    List<String> own = List.copyOf(names.subList(0, 1 + random.below(4)));
    attributes.put("outputs", "[ " + String.join(" ", own.stream().map(each -> "\"" + each + "\"").toList()) + " ]");
    return own;
  }

  private void variables(Map<String, String> attributes, List<String> own) {
    for (int i = random.below(8); i > 0; i--) {
      String name = random.chance(6) ? random.pick(KNOWN_VARIABLES) : "V" + random.text(8);
      attributes.put(random.chance(60) ? "" : name, value(own));
    }
  }

  /** @return a string, with a reference now and then */
  private String value(List<String> own) {
    NixText value = new NixText().raw(random.text(12));
    if (random.chance(3)) {
      value.nix(reference(own)).raw(random.text(3));
    }
    return value.toString();
  }

  /** Each may refer to those before it, and to itself: in a circle, Nix refuses them. */
  private void makeAll(List<String> own, NixText script) {
    List<String> known = new ArrayList<>();
    if (contentAddressed && random.chance(10)) {
      known.addAll(own);
    }
    for (String output : own) {
      known.add(output);
      RandomTree tree = tree(known, 3);
      tree.make(script, place(output));
      if (tree instanceof Directory) {
        more(output, known, script);
      }
    }
  }

  /** What only a shell can make: parts of hashes, names with hashes in them, permissions, hard links, copies. */
  private void more(String output, List<String> known, NixText script) {
    NixText at = new NixText().add(place(output)).raw("/");
    script.raw("r='").nix(reference(known)).raw("'\n");
    switch (random.below(8)) {
      case 0 -> script.raw("echo ${r:11:32} > ").add(at).raw("hash\n");
      case 1 -> script.raw("echo ${r:11:31}-${r:12} > ").add(at).raw("parts\n");
      case 2 -> script.raw(": > ").add(at).raw("=\"${r##*/}\"\n");
      case 3 -> script.raw("echo $r | gzip -n > ").add(at).raw("zipped\n");
      case 4 -> script.raw("cp -r '").nix(random.pick(withSources())).raw("' ").add(at).raw("%copy\n");
      case 5 -> {
        String mode = random.pick(List.of("0000", "0400", "0644", "0777", "0010", "0100", "0001"));
        script.raw("echo x > ").add(at).raw("-m; ln ").add(at).raw("-m ").add(at).raw("-hard; chmod " + mode + " ")
            .add(at).raw("-m\n");
      }
      case 6 -> script.raw("mkdir ").add(at).raw("+d; chmod 700 ").add(at).raw("+d; touch -d @1234567890 ").add(at)
          .raw("+d\n");
      default -> script.raw("head -c " + (65_000 + random.below(600)) + " /dev/zero > ").add(at)
          .raw("~big; echo $r >> ").add(at).raw("~big\n");
    }
  }

  private static NixText place(String output) {
    return new NixText().raw("'").nix("placeholder " + new NixText().raw(output)).raw("'");
  }

  private RandomTree tree(List<String> own, int depth) {
    return switch (random.below(depth == 3 ? 6 : 5)) {
      case 0 -> new Link(target(own));
      case 1, 2 -> new Regular(parts(own), random.chance(3));
      default -> {
        SortedMap<String, RandomTree> entries = new TreeMap<>();
        for (int i = depth > 0 ? random.below(6) : 0; i > 0; i--) {
          entries.put(random.entry(), tree(own, depth - 1));
        }
        yield new Directory(entries);
      }
    };
  }

  private List<Part> target(List<String> own) {
    List<Part> target = new ArrayList<>();
    if (!own.isEmpty() && random.chance(2)) {
      target.add(new Reference(reference(own)));
    }
    target.add(new Bytes("t" + random.text(10)));
    if (random.chance(40)) {
      target.add(new Run(3000, 'l'));
    }
    return target;
  }

  private List<Part> parts(List<String> own) {
    List<Part> parts = new ArrayList<>();
    for (int i = random.below(4); i > 0; i--) {
      switch (random.below(own.isEmpty() ? 4 : 6)) {
        case 0, 1, 2 -> parts.add(new Bytes(random.content(20)));
        case 3 -> parts.add(new Run(random.below(random.chance(10) ? 200_000 : 40), 'r'));
        default -> parts.add(new Reference(reference(own)));
      }
    }
    return parts;
  }

  /** @param own outputs that may be referred to */
  private String reference(List<String> own) {
    if (!own.isEmpty() && random.chance(4)) {
      return "placeholder " + new NixText().raw(random.pick(own));
    }
    return random.pick(withSources());
  }

  /** Later ones are likelier: chains get long. */
  private List<String> withSources() {
    List<String> all = new ArrayList<>(outputs.subList(Math.max(0, outputs.size() - 60), outputs.size()));
    for (int i = 0; i < RandomBuildsIT.SOURCES; i++) {
      all.add("source" + i);
      all.add("text" + i);
    }
    return all;
  }

  /** @return the tree of a source, which refers to nothing, and is no link, because Nix would follow it */
  RandomTree source(int number) {
    random = new RandomBytes(new Random(seed * 1_000_003 - 1 - number));
    RandomTree tree = tree(List.of(), 3);
    return tree instanceof Link ? new Directory(new TreeMap<>(Map.of("link", tree))) : tree;
  }

  /** @return a file of text that may refer to texts and sources before it */
  String text(int number) {
    random = new RandomBytes(new Random(seed * 1_000_003 - 1_000 - number));
    NixText content = new NixText().raw(random.text(30));
    if (number > 0) {
      content.nix("text" + random.below(number)).raw(random.text(5)).nix("source" + random.below(number));
    }
    return "builtins.toFile " + new NixText().raw(random.storeName(1 + random.below(12))) + " " + content;
  }
}
