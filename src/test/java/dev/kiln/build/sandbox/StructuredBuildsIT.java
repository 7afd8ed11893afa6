package dev.kiln.build.sandbox;

import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.kiln.build.BuildException;
import dev.kiln.build.BuildResult;
import dev.kiln.bytes.ByteString;
import dev.kiln.derivation.Derivation;
import dev.kiln.derivation.DerivationOutput;
import dev.kiln.pathinfo.PathInfo;
import dev.kiln.storepath.StorePath;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What golden cases do not show of structured attributes. */
class StructuredBuildsIT {

  private static final StorePath OUT = StorePath.parseBaseName("0000000000000000000000000000000b-test");
  private static final String REFERS = "echo " + OUT + " " + Bench.BUSYBOX + " > " + OUT;

  @TempDir
  @SuppressWarnings("NullAway.Init") // JUnit sets it
  private Path directory;
  @SuppressWarnings("NullAway.Init") // set before each test
  private Bench bench;

  @BeforeEach
  void open() throws Exception {
    bench = new Bench(directory, Bench.limits());
  }

  @AfterEach
  void leavesNothing() throws Exception {
    assertThat(bench.left()).isEmpty();
    bench.close();
  }

  @Test
  void buildersFindTheFilesWhereTheVariablesSay() throws Exception {
    build("{\"x\":1}", "cat $NIX_ATTRS_JSON_FILE; echo; cat $NIX_ATTRS_SH_FILE; " + REFERS);
    assertThat(bench.log()).isEqualTo("{\"outputs\":{\"out\":\"" + OUT + "\"},\"x\":1}\n"
        + "declare -A outputs=(['out']='" + OUT + "' )\ndeclare x=1\n");
  }

  @Test
  void outputsForgetTheReferencesThatAreDiscarded() throws Exception {
    assertThat(references("{}")).containsExactlyInAnyOrder(OUT, Bench.BUSYBOX);
    assertThat(references("{\"unsafeDiscardReferences\":{\"out\":false,\"dev\":true}}")).hasSize(2);
    assertThat(references("{\"unsafeDiscardReferences\":{\"out\":true}}")).isEmpty();
    // then there is nothing to be checked
    assertThat(references("{\"unsafeDiscardReferences\":{\"out\":true},\"outputChecks\":{\"out\":"
        + "{\"allowedReferences\":[]}}}")).isEmpty();
  }

  @Test
  void discardingIsAQuestionOfYesOrNo() {
    assertThatThrownBy(() -> references("{\"unsafeDiscardReferences\":{\"out\":1}}"))
        .isInstanceOf(BuildException.BadDerivation.class)
        .hasMessageContaining("'unsafeDiscardReferences.\"out\"' of derivation ")
        .hasMessageEndingWith("must be a Boolean");
    assertThatThrownBy(() -> references("{\"unsafeDiscardReferences\":true}"))
        .isInstanceOf(BuildException.BadDerivation.class).hasMessageEndingWith("must be an object");
  }

  private List<StorePath> references(String json) throws Exception {
    return build(json, REFERS).outputs().values().stream().map(PathInfo::references).flatMap(Collection::stream)
        .toList();
  }

  private BuildResult build(String json, String script) throws Exception {
    StorePath path = StorePath.parseBaseName("0000000000000000000000000000000a-test.drv");
    bench.log.reset();
    return bench.builder.build(bench.request(path, derivation(json, script)), bench.log);
  }

  private static Derivation derivation(String json, String script) {
    SortedMap<String, DerivationOutput> outputs = new TreeMap<>();
    outputs.put("out", new DerivationOutput.InputAddressed(OUT));
    SortedMap<ByteString, ByteString> env = new TreeMap<>();
    env.put(ByteString.utf8("__json"), ByteString.utf8(json));
    return new Derivation(outputs, new TreeMap<>(), new TreeSet<>(List.of(Bench.BUSYBOX)),
        ByteString.utf8("x86_64-linux"), ByteString.utf8(Bench.BUSYBOX + "/busybox"),
        List.of(ByteString.utf8("sh"), ByteString.utf8("-c"), ByteString.utf8(script)), env);
  }
}
