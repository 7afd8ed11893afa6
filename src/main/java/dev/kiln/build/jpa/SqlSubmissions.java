package dev.kiln.build.jpa;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

import dev.kiln.build.BuildOrder;
import dev.kiln.build.Wish;
import dev.kiln.jdbc.BulkInsert;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;

/**
 * Submits builds, several statements within the caller's transaction.
 * <p>
 * Locks are taken in an order that all writers of builds keep: new rows by their derivation (nobody else sees these), then
 * the rows of live builds, inputs before what waits for them.
 */
@Component
class SqlSubmissions {

  /** A row to be inserted. */
  private record Row(UUID id, BuildOrder order, Wish wish) {}

  private record Edge(UUID build, UUID input) {}

  /**
   * What came of orders.
   *
   * @param live builds, by derivation
   * @param remembered the last build of one of them, if that failed and is not to be run again yet
   * @param overtaken whether one of them ended without a result while the others were submitted
   * @param queued how many can begin
   * @param others those of {@code live} that were live before
   */
  record Submitted(Map<StorePathHash, UUID> live, Optional<UUID> remembered, boolean overtaken, int queued,
      Set<UUID> others) {

    private static Submitted nothing(Optional<UUID> remembered) {
      return new Submitted(Map.of(), remembered, remembered.isEmpty(), 0, Set.of());
    }
  }

  private static final BulkInsert<Row> BUILDS = BulkInsert.<Row>into("build")
      .column("id", "uuid", Row::id)
      .column("derivation", "bytea", row -> row.order().derivation().hash().toByteArray())
      .column("derivation_name", "text", row -> row.order().derivation().name().value())
      .column("state", "text", row -> row.order().inputs().isEmpty() ? BuildRow.QUEUED : BuildRow.WAITING)
      .column("waits_for", "integer", row -> row.order().inputs().size())
      .column("height", "integer", row -> row.order().height())
      .column("requested_by", "text", row -> row.wish().requestedBy())
      .column("priority", "integer", row -> row.wish().priority().level())
      .column("kept", "boolean", row -> row.wish().isKept())
      .column("requester", "integer", row -> row.wish().requester())
      .column("lane", "integer", row -> row.wish().requester())
      .column("needs", "bytea", "coalesce((select derivation.needs from derivation where hash = given.needs), '')",
          row -> row.order().derivation().hash().toByteArray());

  private static final BulkInsert<Edge> EDGES = BulkInsert.<Edge>into("build_input")
      .column("build", "uuid", Edge::build).column("input", "uuid", Edge::input);

  /** That all outputs of the derivation of a row of build are here. */
  private static final String IS_BUILT = """
      not exists (
        select from derivation_output output
        join derivation on derivation.hash = output.derivation
        left join realisation on output.path is null
          and realisation.output_hash = derivation.output_hash and realisation.output = output.name
        left join path_info on path_info.hash = coalesce(output.path, realisation.out_path)
        where output.derivation = %s and path_info.hash is null)""";

  /** Takes back what was built since it was planned: only now that it is submitted can nobody else begin it. */
  private static final String TAKE_BACK = """
      with given (id) as (select unnest(?::uuid[])),
      built as (
        delete from build using given where build.id = given.id and %s returning build.derivation)
      select derivation, null::uuid from built
      union all
      (select failed.derivation, failed.id
       from given join build on build.id = given.id
       join build failed on failed.derivation = build.derivation and failed.remember_until > now() limit 1)"""
      .formatted(IS_BUILT.formatted("build.derivation"));

  private static final String REMEMBERED = """
      select id from build where derivation = any(?::bytea[]) and remember_until > now() limit 1""";

  /** Those that are live cannot end before this transaction does. */
  private static final String HOLD = """
      select build.derivation, build.id
      from unnest(?::bytea[]) with ordinality as given (derivation, place) join build using (derivation)
      where build.state in %s
      order by place for share of build""".formatted(BuildSql.LIVE);

  private static final String NOT_BUILT = """
      select count(*) from unnest(?::bytea[]) as given (derivation) where not (%s)"""
      .formatted(IS_BUILT.formatted("given.derivation"));

  private static final String COUNT_DOWN = """
      update build set waits_for = given.waits_for,
        state = case when given.waits_for = 0 then 'queued' else 'waiting' end, queued_at = now()
      from unnest(?::uuid[], ?::integer[]) as given (id, waits_for)
      where build.id = given.id""";

  private static final String INHERIT = """
      update build set priority = greatest(build.priority, dependent.priority), kept = build.kept or dependent.kept,
        requester = case when build.requested_by = '' then dependent.requester else build.requester end,
        lane = case when build.requested_by = '' then dependent.lane else build.lane end,
        requested_by = case when build.requested_by = '' then dependent.requested_by else build.requested_by end
      from build as dependent where dependent.id = ? and build.id = ?""";

  private final JdbcTemplate jdbc;

  SqlSubmissions(JdbcTemplate jdbc) {
    this.jdbc = jdbc;
  }

  /** @param orders inputs before what needs them */
  Submitted submit(List<BuildOrder> orders, Wish wish) {
    Map<StorePathHash, UUID> live = new HashMap<>();
    Optional<UUID> known = remembered(orders);
    if (known.isPresent()) {
      return Submitted.nothing(known);
    }
    List<Row> fresh = insert(orders, wish);
    fresh.forEach(row -> live.put(row.order().derivation().hash(), row.id()));
    Optional<UUID> remembered = takeBack(live);
    if (remembered.isPresent()) {
      return Submitted.nothing(remembered);
    }
    Set<StorePathHash> inserted = new HashSet<>();
    fresh.forEach(row -> inserted.add(row.order().derivation().hash()));
    if (inserted.size() < orders.size() && !hold(orders, inserted, live)) {
      return Submitted.nothing(Optional.empty());
    }
    Set<UUID> others = new HashSet<>(live.values());
    fresh.forEach(row -> others.remove(row.id()));
    return new Submitted(live, Optional.empty(), false, connect(fresh, live), others);
  }

  /** Looked for beforehand, too, where it would be a pity to insert many rows for each reader of what cannot be built. */
  private Optional<UUID> remembered(List<BuildOrder> orders) {
    return orders.size() == 1
        ? Optional.empty()
        : jdbc.query(REMEMBERED, (row, _) -> BuildSql.id(row, 1),
            (Object) BuildSql.hashes(orders.stream().map(order -> order.derivation().hash()).toList())).stream()
            .findFirst();
  }

  /** @return the rows that are new: of the others there is a live build */
  private List<Row> insert(List<BuildOrder> orders, Wish wish) {
    Map<StorePathHash, Row> rows = new HashMap<>();
    orders.forEach(order -> rows.put(order.derivation().hash(), new Row(UUID.randomUUID(), order, wish)));
    List<Row> sorted = rows.values().stream()
        .sorted(Comparator.comparing((Row row) -> row.order().derivation().hash())).toList();
    return BUILDS.insertReturning("derivation", jdbc, sorted).stream()
        .map(derivation -> rows.get(StorePathHash.of(derivation))).toList();
  }

  private Optional<UUID> takeBack(Map<StorePathHash, UUID> live) {
    List<UUID> failed = new ArrayList<>();
    if (!live.isEmpty()) {
      jdbc.query(TAKE_BACK, row -> {
        UUID remembered = BuildSql.id(row, 2);
        if (remembered == null) {
          live.remove(StorePathHash.of(row.getBytes(1)));
        } else {
          failed.add(remembered);
        }
      }, (Object) BuildSql.array(live.values()));
    }
    return failed.stream().findFirst();
  }

  /** @return false if one of those that were live has ended without a result */
  private boolean hold(List<BuildOrder> orders, Set<StorePathHash> inserted, Map<StorePathHash, UUID> live) {
    List<StorePathHash> others = orders.stream().map(order -> order.derivation().hash())
        .filter(derivation -> !inserted.contains(derivation)).toList();
    jdbc.query(HOLD, row -> {
      live.put(StorePathHash.of(row.getBytes(1)), BuildSql.id(row, 2));
    }, (Object) BuildSql.hashes(others));
    List<StorePathHash> ended = others.stream().filter(derivation -> !live.containsKey(derivation)).toList();
    Integer failed = ended.isEmpty()
        ? 0
        : jdbc.queryForObject(NOT_BUILT, Integer.class, (Object) BuildSql.hashes(ended));
    return failed != null && failed == 0;
  }

  /** @return how many of {@code fresh} wait for nothing */
  private int connect(List<Row> fresh, Map<StorePathHash, UUID> live) {
    List<Edge> edges = new ArrayList<>();
    List<UUID> changed = new ArrayList<>();
    List<Integer> counts = new ArrayList<>();
    int queued = 0;
    for (Row row : fresh) {
      if (live.containsKey(row.order().derivation().hash())) {
        int before = edges.size();
        row.order().inputs().stream().map(live::get).filter(input -> input != null)
            .forEach(input -> edges.add(new Edge(row.id(), input)));
        int count = edges.size() - before;
        queued += count == 0 ? 1 : 0;
        if (count != row.order().inputs().size()) {
          changed.add(row.id());
          counts.add(count);
        }
      }
    }
    EDGES.insert(jdbc, edges);
    if (!changed.isEmpty()) {
      jdbc.update(COUNT_DOWN, BuildSql.array(changed), counts.toArray(Integer[]::new));
    }
    return queued;
  }

  /** Makes {@code build} wait for {@code input}, too, which becomes as urgent, and is kept if {@code build} is. */
  void connect(UUID build, UUID input) {
    EDGES.insert(jdbc, List.of(new Edge(build, input)));
    jdbc.update(INHERIT, build, input);
  }

  /** @return that of {@code wanted} */
  static Optional<UUID> find(Submitted submitted, StorePath wanted) {
    return Optional.ofNullable(submitted.live().get(wanted.hash()));
  }
}
