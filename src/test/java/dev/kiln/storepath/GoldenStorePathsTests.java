package dev.kiln.storepath;

import java.io.IOException;
import java.io.InputStream;
import java.util.SortedSet;
import java.util.TreeSet;

import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/** What a real Nix said of its paths with a content address. */
class GoldenStorePathsTests {

  @Test
  void followFromContentAddressNameAndReferences() throws IOException {
    int checked = 0;
    for (var entry : paths().properties()) {
      JsonNode ca = entry.getValue().path("ca");
      if (ca.isString() && !ca.stringValue().isEmpty()) {
        StorePath path = StorePath.parse(entry.getKey());
        ContentAddress address = ContentAddress.parse(ca.stringValue());
        assertThat(address.render()).isEqualTo(ca.stringValue());
        SortedSet<StorePath> references = new TreeSet<>();
        entry.getValue().path("references")
            .forEach(reference -> references.add(StorePath.parse(reference.stringValue())));
        assertThat(StorePaths.isAddressOf(address, path, references)).as("%s %s", path, ca).isTrue();
        assertThat(StorePaths.isAddressOf(address, new StorePath(path.hash(), new StorePathName("other")), references))
            .isFalse();
        checked++;
      }
    }
    assertThat(checked).isGreaterThan(360);
  }

  private static JsonNode paths() throws IOException {
    try (InputStream golden = GoldenStorePathsTests.class.getResourceAsStream("/golden/golden.json")) {
      return JsonMapper.shared().readTree(golden).path("paths");
    }
  }
}
