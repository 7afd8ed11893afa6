package dev.kiln.castore.jpa;

import java.util.List;

import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.JdbcTemplate;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.Directories;
import dev.kiln.castore.DirectoriesContract;
import dev.kiln.castore.Directory;
import dev.kiln.castore.InvalidCastore;
import dev.kiln.castore.Node.SymlinkNode;
import dev.kiln.castore.PathComponent;
import dev.kiln.harness.ScratchKilnTest;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

@ScratchKilnTest
class SqlDirectoriesIT extends DirectoriesContract {

  @Autowired
  Directories directories;

  @Autowired
  JdbcTemplate jdbc;

  @Override
  protected Directories create() {
    jdbc.update("delete from directory");
    return requireNonNull(directories);
  }

  @Test
  void neverServesARowThatIsNotWhatItsNameSays() {
    Directory spoilt = directory("spoilt");
    directories.putAll(List.of(spoilt));
    jdbc.update("update directory set size = 2");
    assertThatThrownBy(() -> directories.find(spoilt.digest())).hasRootCauseInstanceOf(InvalidCastore.class)
        .hasMessageContaining(spoilt.digest().toString());
    Directory other = directory("other");
    directories.putAll(List.of(other));
    assertThatThrownBy(() -> directories.prefetch(List.of(spoilt.digest(), other.digest())))
        .hasRootCauseInstanceOf(InvalidCastore.class);
  }

  @Test
  void needsNoDatabaseForWhatWasPrefetched() {
    List<Directory> some = List.of(directory("one"), directory("two"), directory("three"));
    directories.putAll(some);
    directories.prefetch(some.stream().map(Directory::digest).toList());
    jdbc.update("delete from directory");
    assertThat(some).allSatisfy(each -> assertThat(directories.find(each.digest())).contains(each));
  }

  private static Directory directory(String name) {
    return Directory.builder().add(PathComponent.utf8(name), new SymlinkNode(ByteString.utf8("target"))).build();
  }
}
