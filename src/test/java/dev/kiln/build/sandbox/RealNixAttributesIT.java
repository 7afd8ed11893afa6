package dev.kiln.build.sandbox;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import dev.kiln.build.BuildException;
import dev.kiln.build.BuildRequest;
import dev.kiln.bytes.ByteString;
import dev.kiln.derivation.ATermReader;
import dev.kiln.derivation.Derivation;
import dev.kiln.harness.NixClient;
import dev.kiln.harness.TemporaryDirectories;
import dev.kiln.storepath.StorePath;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** The machine's Nix and Kiln are given the same attributes, and give their builders the same files. */
class RealNixAttributesIT {

  /** One value each, in JSON: all of them become members of one document, and each an element of an array. */
  private static final List<String> VALUES = List.of("null", "true", "false", "\"\"", "\"a b\"", "\"it's\"",
      "\"\\\"q\\\" \\\\ \\/ $HOME `x` !\"", "\"h\\u00e9llo \\ud83c\\udf89 日本語\"", "\"\\u007f\\u0080\\u2028\\uffff\"",
      "\"two\\nlines\\ttab\\r\\b\\f\"", "[]", "{}", "[1,\"a\",null,true]", "[[1],[2]]", "[{}]", "{\"k\":\"v\",\"\":1}",
      "{\"it's\":\"x\",\"b\":false,\"n\":null}", "{\"x\":{\"y\":[1,{\"z\":[]}]}}", "{\"b\":1,\"a\":2,\"b\":3}", "0",
      "-0",
      "-7", "2147483647", "2147483648", "-2147483649", "4294967295", "4294967296", "9223372036854775807",
      "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "18446744073709551615",
      "18446744073709551616", "123456789012345678901234567890", "0.0", "-0.0", "1.0", "1.5", "-1.5", "1e2", "1E+2",
      "1e-2", "100000000000000.0", "1e15", "1e16", "123456789.125", "16777217.5", "2147483647.0", "2147483648.0",
      "1e10",
      "1e300", "-1e300", "1e-50", "-1e-50", "0.99999999999", "5e-324", "2.2250738585072011e-308", "0.1",
      "9007199254740993.0", "1e-999999999999", "[1.5]", "{\"f\":1.5}", "[1.0,2e1]");

  private static final List<String> NAMES = List.of("a", "_", "A9_b", "with-dash", "9a", "", "a b", "a.b", "ü", "a\\n",
      "it's", "__x", "HOME", "out", "name");

  private static NixClient nix;
  private static Path directory;
  private static String drv = "";

  @BeforeAll
  static void openStore() throws IOException {
    nix = new NixClient("sandbox = true");
    directory = TemporaryDirectories.create("kiln-attributes-");
    Files.copy(Path.of("/bin/busybox"), Files.createDirectory(directory.resolve("bb")).resolve("busybox"));
  }

  @Test
  void writesEachValueAsNixDoes() throws Exception {
    StringBuilder members = new StringBuilder();
    for (int i = 0; i < VALUES.size(); i++) {
      members.append("\"v").append(i).append("\":").append(VALUES.get(i)).append(", \"array").append(i).append("\":[")
          .append(VALUES.get(i)).append("],\n\t\r\"object").append(i).append("\":{\"k\":").append(VALUES.get(i))
          .append("},");
    }
    for (String name : NAMES) {
      members.append('"').append(name).append("\":\"named\",");
    }
    assertSameFiles("\uFEFF {" + members + "\"outputs\":[\"out\"]} \n");
  }

  @Test
  void writesEachControlCharacterAsNixDoes() throws Exception {
    StringBuilder all = new StringBuilder("{");
    for (int i = 0; i < 0x20; i++) {
      all.append(String.format("\"key\\u%04x\":1,\"v%d\":\"<\\u%04X>\",", i, i, i));
    }
    assertSameFiles(all + "\"last\":0}");
  }

  @Test
  void writesFloatsAsNixDoes() throws Exception {
    Random random = new Random(7);
    List<String> floats = new ArrayList<>();
    for (int i = 0; i < 20_000; i++) {
      double value = Double.longBitsToDouble(random.nextLong());
      if (Double.isFinite(value)) {
        floats.add(Double.toString(value));
      }
      floats.add(Double.toString((random.nextInt(2_000_000) - 1_000_000) / Math.pow(10, random.nextInt(9))));
      floats.add(random.nextLong() + "e-" + random.nextInt(40));
    }
    for (int e = -1074; e < 1024; e++) {
      floats.add(Double.toString(Math.scalb(1.0, e)));
    }
    assertSameFiles("{\"floats\":[" + String.join(",", floats) + "]}");
  }

  @Test
  void writesAnEmptyAndANullDocumentAsNixDoes() throws Exception {
    assertSameFiles("{}");
    assertSameFiles("null");
  }

  private static void assertSameFiles(String json) throws Exception {
    Path out = realise(instantiate("", "__json = builtins.readFile ./doc;", json,
        "mkdir ${placeholder \"out\"}; cp .attrs.json .attrs.sh ${placeholder \"out\"}/"));
    StorePath path = StorePath.parse(drv);
    BuildEnvironment environment = environment(path);
    assertThat(environment.files()).containsOnlyKeys(".attrs.json", ".attrs.sh");
    for (Map.Entry<String, ByteString> file : environment.files().entrySet()) {
      assertThat(text(file.getValue().toByteArray())).isEqualTo(text(Files.readAllBytes(out.resolve(file.getKey()))));
    }
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "{", "[", "{]", "[}", "{\"a\":1,}", "[1,]", "{\"a\" 1}", "{a:1}", "{\"a\":1}x",
      "{} {}",
      "nul", "truefalse", "True", "01", "-", "+1", ".5", "1.", "1e", "1e+", "0x1", "1e400", "-1e400", "NaN", "'a'",
      "\"a",
      "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"tab\there\"",
      "\"line\nbreak\"", "// c\n{}", "[1 2]", "[,1]", "{\"a\":}", "{1:2}", "1", "\"text\"", "[]", "true"})
  void refusesWhatNixRefuses(String json) throws Exception {
    instantiate("", "__json = builtins.readFile ./doc;", json, "exit 0");
    NixClient.Result refused = nix.run("nix-store", "--realise", drv);
    assertThat(refused.exit()).as(refused.err()).isNotZero();
    StorePath path = StorePath.parse(drv);
    assertThatThrownBy(() -> environment(path)).isInstanceOf(BuildException.BadDerivation.class)
        .hasMessageStartingWith("cannot process __json attribute of '" + path.baseName() + "': ");
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
      // what the derivation has | what both say
      "exportReferencesGraph = [ \"a\" ];|odd number of tokens in 'exportReferencesGraph': 'a'",
      "exportReferencesGraph = [ \"a/b\" bb ];|invalid file name 'a/b' in 'exportReferencesGraph'",
      "exportReferencesGraph = [ \".a\" bb ];|invalid file name '.a' in 'exportReferencesGraph'",
      "exportReferencesGraph = [ \"a\" \"/etc\" ];|'exportReferencesGraph' contains a non-store path '/etc'",
      "exportReferencesGraph = [ \"a\" (u other) ];|because it is not in the input closure of the derivation",
      "__json = ''{\"exportReferencesGraph\":{\"a\":[\"${u other}\"]}}'';|because it is not in the input closure of the derivation",
      "__json = ''{\"requiredSystemFeatures\":\"kvm\"}'';|attribute 'requiredSystemFeatures' of derivation '",
      "__json = ''{\"preferLocalBuild\":1}'';|attribute 'preferLocalBuild' of derivation '",
      "__json = ''{\"allowSubstitutes\":\"\"}'';|attribute 'allowSubstitutes' of derivation '",
      "__noChroot = true;|has '__noChroot' set",
      "__json = ''{\"__noChroot\":true}'';|has '__noChroot' set",
      "__impureHostDeps = [ \"/usr/lib\" \"/b\" ];|requested impure path '/usr/lib'",
      "requiredSystemFeatures = [ \"no\" \"benchmark\" ];|a 'x86_64-linux' with features {benchmark, no} is required to build",
      "system = \"mips-linux\";|a 'mips-linux' with features {} is required to build"})
  void refusesForTheReasonsOfNix(String attributes, String reason) throws Exception {
    instantiate("other = builtins.toFile \"other\" \"x\"; u = builtins.unsafeDiscardStringContext;", attributes, "",
        "exit 0");
    NixClient.Result refused = nix.run("nix-store", "--realise", "--option", "substitute", "true", drv);
    assertThat(refused.exit()).isNotZero();
    assertThat(refused.err().replaceAll("\u001b\\[[0-9;]*m", "")).contains(reason);
    StorePath path = StorePath.parse(drv);
    assertThatThrownBy(() -> environment(path)).isInstanceOf(BuildException.class).hasMessageContaining(reason);
  }

  @ParameterizedTest
  @ValueSource(strings = {"passAsFile = [ \"a\" \"b\" \"unknown\" ]; a = \"text\"; b = \"\";",
      "passAsFile = \"a\\t b\\n\\ra \"; a = \"x\"; b = \"y\"; c = \"z\";", "passAsFile = \"passAsFile out name\";",
      "passAsFile = \"a with-dash\"; a = placeholder \"out\"; aPath = \"mine\"; with-dash = \"d\";",
      "passAsFile = \"PATH TMPDIR\"; PATH = \"p\"; TMPDIR = \"t\";", "passAsFile = \"\"; a = \"x\";",
      "passAsFile = true; \"1\" = \"one\";", "__noChroot = false; __impureHostDeps = [ ]; preferLocalBuild = \"any\";",
      "__darwinAllowLocalNetworking = true; __sandboxProfile = \"(allow)\"; __impureHostDepsX = \"/\";",
      "requiredSystemFeatures = [ \"benchmark\" ]; system = \"i686-linux\";",
      "exportReferencesGraph = [ \"g\" \"${bb}/busybox\" \"g2.x-y_z\" bb \"g\" bb ];"})
  void givesBuildersTheVariablesAndFilesOfNix(String attributes) throws Exception {
    Path out = realise(instantiate("", attributes, "",
        "o=${placeholder \"out\"}; mkdir $o $o/files; tr '\\0' '\\n' < /proc/$$/environ > $o/env; for f in .[!.]* *; do"
            + " if [ -e \"$f\" ]; then cp \"$f\" $o/files/; fi; done"));
    BuildEnvironment environment = environment(StorePath.parse(drv));
    Set<String> variables = new TreeSet<>();
    environment.variables().forEach((name, value) -> variables.add(name + "=" + value));
    Set<String> ofNix = new TreeSet<>(Files.readAllLines(out.resolve("env")));
    for (Set<String> each : List.of(variables, ofNix)) {
      each.removeIf(line -> line.startsWith("NIX_BUILD_CORES="));
      // what spreads over lines, as it does
      String joined = String.join("\n", each);
      each.clear();
      each.addAll(joined.lines().toList());
    }
    assertThat(variables).isEqualTo(ofNix);
    SortedMap<String, String> files = new TreeMap<>();
    environment.files().forEach((name, content) -> files.put(name, content.toString()));
    SortedMap<String, String> filesOfNix = new TreeMap<>();
    try (var all = Files.list(out.resolve("files"))) {
      for (Path file : all.toList()) {
        filesOfNix.put(file.getFileName().toString(), Files.readString(file));
      }
    }
    assertThat(files).isEqualTo(filesOfNix);
  }

  /** @return its path, which {@link #drv} is then, too */
  private static String instantiate(String let, String attributes, String document, String script) throws IOException {
    Files.writeString(directory.resolve("doc"), document);
    Files.writeString(directory.resolve("x.nix"), """
        let bb = builtins.path { path = ./bb; name = "bb"; }; %s
        in derivation ({ name = "test"; system = "x86_64-linux"; builder = "${bb}/busybox";
          args = [ "sh" "-e" "-c" ''%s'' ]; } // { %s })
        """.formatted(let, script, attributes));
    drv = nix.run("nix-instantiate", directory.resolve("x.nix").toString()).ok().strip();
    return drv;
  }

  private static Path realise(String derivation) throws IOException {
    String out = nix.run("nix-store", "--realise", derivation).ok().strip();
    return nix.root().resolve(out.substring(1));
  }

  /** What a builder here would be given. */
  private static BuildEnvironment environment(StorePath path) throws IOException {
    Derivation derivation = ATermReader
        .read(Files.readAllBytes(nix.root().resolve(path.toString().substring(1))));
    Attributes attributes = Attributes.of(path, derivation);
    new Platform(List.of("x86_64-linux", "i686-linux"), new TreeSet<>(Set.of("benchmark"))).requireCanBuild(path,
        derivation, attributes);
    BuildRequest request = new BuildRequest(path, derivation, Bench.infos(derivation.inputSources()));
    return BuildEnvironment.of(derivation, attributes, new ReferencesGraph(request), 1, Map.of());
  }
}
