package dev.kiln.harness;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/** Several Kilns, each a process, on one PostgreSQL and one shared directory. */
public final class KilnCluster implements AutoCloseable {

  private final DebianPostgres postgres;
  private final List<String> options;
  private final List<KilnProcess> kilns = new ArrayList<>();

  private KilnCluster(DebianPostgres postgres, List<String> options) {
    this.postgres = postgres;
    this.options = options;
  }

  /** @param options given to each, besides those that say where the database is */
  public static KilnCluster start(int replicas, String... options) throws IOException {
    DebianPostgres postgres = DebianPostgres.start();
    return start(postgres, postgres.jdbcUrl(), replicas, options);
  }

  /**
   * @param url how the Kilns reach {@code postgres}, which is ended with them
   * @param options given to each, besides those that say where the database is
   */
  public static KilnCluster start(DebianPostgres postgres, String url, int replicas, String... options)
      throws IOException {
    List<String> all = new ArrayList<>(List.of("-Xmx192m", "--spring.datasource.url=" + url,
        "--spring.datasource.username=" + postgres.username(), "--spring.datasource.password=" + postgres.password(),
        "--spring.datasource.hikari.minimum-idle=1",
        "--kiln.shared-dir=" + TemporaryDirectories.create("kiln-shared-")));
    all.addAll(Arrays.asList(options));
    KilnCluster cluster = new KilnCluster(postgres, all);
    for (int i = 0; i < replicas; i++) {
      cluster.launch();
    }
    for (KilnProcess kiln : cluster.kilns) {
      kiln.awaitHealthy();
    }
    return cluster;
  }

  private KilnProcess launch(String... more) throws IOException {
    Path data = TemporaryDirectories.create("kiln-data-");
    List<String> all = new ArrayList<>(Arrays.asList(more));
    options.stream().filter(option -> Arrays.stream(more).noneMatch(other -> name(other).equals(name(option))))
        .forEach(all::add);
    KilnProcess kiln = KilnProcess.launch(List.of(), KilnProcess.classPath(), Map.of(), data,
        all.toArray(String[]::new));
    kilns.add(kiln);
    return kiln;
  }

  /**
   * Starts one more, and waits until it is healthy.
   *
   * @param more options, which count before those of the others
   */
  public KilnProcess add(String... more) throws IOException {
    KilnProcess kiln = launch(more);
    kiln.awaitHealthy();
    return kiln;
  }

  private static String name(String option) {
    return option.replaceFirst("=.*", "");
  }

  /** Forgets one that has ended. */
  public void remove(KilnProcess kiln) {
    kilns.remove(kiln);
  }

  public List<KilnProcess> kilns() {
    return List.copyOf(kilns);
  }

  public DebianPostgres postgres() {
    return postgres;
  }

  /** @return a way to the database that opens a connection each time */
  public JdbcTemplate jdbc() {
    return new JdbcTemplate(
        new DriverManagerDataSource(postgres.jdbcUrl(), postgres.username(), postgres.password()));
  }

  @Override
  public void close() throws IOException {
    for (KilnProcess kiln : kilns) {
      kiln.close();
    }
    postgres.close();
  }
}
