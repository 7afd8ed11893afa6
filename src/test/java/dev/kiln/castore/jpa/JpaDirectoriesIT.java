package dev.kiln.castore.jpa;

import java.util.List;

import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.JdbcTemplate;

import dev.kiln.castore.Directories;
import dev.kiln.castore.DirectoriesContract;
import dev.kiln.castore.Directory;
import dev.kiln.castore.InvalidCastore;
import dev.kiln.harness.ScratchKilnTest;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

@ScratchKilnTest
class JpaDirectoriesIT extends DirectoriesContract {

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
    directories.putAll(List.of(Directory.EMPTY));
    jdbc.update("update directory set size = 1");
    assertThatThrownBy(() -> directories.find(Directory.EMPTY.digest())).hasRootCauseInstanceOf(InvalidCastore.class)
        .hasMessageContaining(Directory.EMPTY.digest().toString());
  }
}
