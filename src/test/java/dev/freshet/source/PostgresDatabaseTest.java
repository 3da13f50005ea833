package dev.freshet.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.freshet.change.TableId;
import dev.freshet.diagnosis.Problem;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class PostgresDatabaseTest {

    private final TestDatabase database = new TestDatabase();
    private final PostgresDatabase postgres = database.database();

    @AfterAll
    void close() {
        database.close();
    }

    private static TableId id(String name) {
        return new TableId("public", name);
    }

    @Test
    void columnsOfEveryKind() {
        database.execute(
                "CREATE TYPE colour AS ENUM ('red')",
                "CREATE DOMAIN short AS varchar(5)",
                "CREATE DOMAIN shorter AS short CHECK (length(VALUE) < 3)",
                "CREATE DOMAIN labels AS text[]",
                "CREATE DOMAIN paint AS colour",
                "CREATE TABLE kinds (gone int, b int, a bigint, c colour, s shorter, l labels, p paint, cs colour[],"
                        + " g int GENERATED ALWAYS AS (b + 1) STORED, o point, PRIMARY KEY (b, a))",
                "ALTER TABLE kinds DROP COLUMN gone");
        Table table = postgres.table(id("kinds"));

        assertThat(table.key()).containsExactly("b", "a");
        assertThat(table.columns())
                .containsExactly(
                        new Column("b", ColumnType.INTEGER, ColumnType.INTEGER, false),
                        new Column("a", ColumnType.INTEGER, ColumnType.INTEGER, false),
                        new Column("c", ColumnType.TEXT, ColumnType.TEXT, false),
                        new Column("s", ColumnType.TEXT, ColumnType.TEXT, false),
                        new Column("l", ColumnType.ARRAY, ColumnType.TEXT, false),
                        new Column("p", ColumnType.TEXT, ColumnType.TEXT, false),
                        new Column("cs", ColumnType.ARRAY, ColumnType.OTHER, false),
                        new Column("g", ColumnType.INTEGER, ColumnType.INTEGER, true),
                        new Column("o", ColumnType.OTHER, ColumnType.OTHER, false));
        database.execute("DROP TABLE kinds", "DROP DOMAIN paint");
    }

    @Test
    void keyColumnsInTheOrderOfTheKey() {
        database.execute("CREATE TABLE ordered (a int, b int, PRIMARY KEY (b, a))");
        assertThat(postgres.table(id("ordered")).key()).containsExactly("b", "a");
    }

    @Test
    void aTableWithoutKeyIsRefusedWithTheWayOut() {
        database.execute("CREATE TABLE \"No Key\" (a int)");
        assertThatThrownBy(() -> postgres.table(id("No Key")))
                .isInstanceOfSatisfying(
                        SourceException.class, e -> assertThat(e.isPermanent()).isTrue())
                .hasMessageContaining("ALTER TABLE \"public\".\"No Key\" ADD PRIMARY KEY");
    }

    @ParameterizedTest
    @CsvSource({"point", "inet", "int[]", "jsonb", "timetz", "interval"})
    void aKeyThatTheLogDoesNotCarryIsRefused(String type) {
        String name = "key_" + type.replaceAll("\\W", "_");
        if (type.equals("point")) {
            database.execute("CREATE TABLE " + name + " (a int GENERATED ALWAYS AS (1) STORED PRIMARY KEY)");
        } else {
            database.execute("CREATE TABLE " + name + " (a " + type + " PRIMARY KEY)");
        }
        assertThatThrownBy(() -> postgres.table(id(name)))
                .isInstanceOfSatisfying(
                        SourceException.class, e -> assertThat(e.isPermanent()).isTrue())
                .hasMessageContaining("public." + name)
                .hasMessageContaining("column a");
    }

    @Test
    void aMissingTableComesWithSuggestions() {
        database.execute(
                "CREATE TABLE \"Articles\" (id int PRIMARY KEY)",
                "CREATE SCHEMA shop",
                "CREATE TABLE shop.articles (id int PRIMARY KEY)");
        assertThatThrownBy(() -> postgres.table(id("articles")))
                .isInstanceOfSatisfying(
                        SourceException.class, e -> assertThat(e.isPermanent()).isTrue())
                .hasMessageContaining("there is no table public.articles")
                .hasMessageContaining("public.Articles")
                .hasMessageContaining("shop.articles");
    }

    @Test
    void aPublicationOfOursIsCreatedAndExtended() {
        database.execute("CREATE TABLE first (id int PRIMARY KEY)", "CREATE TABLE \"Second, 1\" (id int PRIMARY KEY)");
        postgres.ensurePublication("ours", List.of(id("first")));
        assertThat(database.value("SELECT obj_description(oid) FROM pg_publication WHERE pubname = 'ours'"))
                .isEqualTo("managed by freshet");
        assertThat(database.value("SELECT pubviaroot FROM pg_publication WHERE pubname = 'ours'"))
                .isEqualTo("t");

        postgres.ensurePublication("ours", List.of(id("first"), id("Second, 1")));
        postgres.ensurePublication("ours", List.of(id("Second, 1")));
        assertThat(tablesOf("ours")).isEqualTo("Second, 1|first");
    }

    @Test
    void aPublicationOfOthersIsNeverAltered() {
        database.execute(
                "CREATE TABLE mine (id int PRIMARY KEY)",
                "CREATE TABLE \"Lacking\" (id int PRIMARY KEY)",
                "CREATE PUBLICATION theirs FOR TABLE mine WITH (publish_via_partition_root = true)");
        postgres.ensurePublication("theirs", List.of(id("mine")));
        assertThatThrownBy(() -> postgres.ensurePublication("theirs", List.of(id("mine"), id("Lacking"))))
                .isInstanceOfSatisfying(
                        SourceException.class, e -> assertThat(e.isPermanent()).isTrue())
                .hasMessageContaining("ALTER PUBLICATION \"theirs\" ADD TABLE \"public\".\"Lacking\"");
        assertThat(tablesOf("theirs")).isEqualTo("mine");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "publish = 'insert, update', publish_via_partition_root = true",
                "publish = 'insert, update, delete', publish_via_partition_root = true",
                "publish_via_partition_root = false"
            })
    void aPublicationThatLosesChangesIsRefused(String options) {
        String name = "lossy_" + Integer.toHexString(options.hashCode());
        database.execute(
                "CREATE TABLE %s (id int PRIMARY KEY)".formatted(name),
                "CREATE PUBLICATION %s FOR TABLE %s WITH (%s)".formatted(name, name, options));
        assertThatThrownBy(() -> postgres.ensurePublication(name, List.of(id(name))))
                .isInstanceOfSatisfying(
                        SourceException.class, e -> assertThat(e.isPermanent()).isTrue())
                .hasMessageContaining(
                        "ALTER PUBLICATION \"" + name + "\" SET (publish = 'insert, update, delete, truncate',"
                                + " publish_via_partition_root = true)");
    }

    private String tablesOf(String publication) {
        return database.value(
                "SELECT string_agg(tablename, '|' ORDER BY tablename COLLATE \"C\") FROM pg_publication_tables"
                        + " WHERE pubname = '" + publication + "'");
    }

    @Test
    void whoMayNotReplicateIsToldWhatToRun() {
        assertThat(postgres.server().problems()).isEmpty();

        database.execute("CREATE ROLE \"Reader\" LOGIN PASSWORD 'x'");
        try (var other = new PostgresDatabase(database.url(), "Reader", "x")) {
            assertThat(other.server().problems())
                    .singleElement()
                    .extracting(Problem::message)
                    .asString()
                    .contains("ALTER ROLE \"Reader\" REPLICATION;");
        }
    }

    @Test
    void aDomainOverAnEnumStopsCaptureAndIsReported() {
        database.execute("CREATE TYPE level AS ENUM ('low')", "CREATE DOMAIN shop_level AS level");
        assertThat(postgres.server().problems())
                .singleElement()
                .extracting(Problem::message)
                .asString()
                .contains("public.shop_level")
                .contains("DROP DOMAIN");
        database.execute("DROP DOMAIN shop_level");
        assertThat(postgres.server().problems()).isEmpty();
    }

    @Test
    void whatKeepsATableFromBeingCapturedIsReportedWithItsRemedy() {
        database.execute(
                "CREATE UNLOGGED TABLE forgetful (id int PRIMARY KEY)",
                "CREATE TABLE nameless (id int PRIMARY KEY) PARTITION BY RANGE (id)",
                "CREATE TABLE nameless_1 PARTITION OF nameless FOR VALUES FROM (0) TO (100)",
                "ALTER TABLE nameless_1 REPLICA IDENTITY NOTHING",
                "CREATE TABLE fine (id int PRIMARY KEY, t text)",
                "ALTER TABLE fine REPLICA IDENTITY USING INDEX fine_pkey");
        assertThat(access(postgres, "forgetful")).containsExactly("ALTER TABLE public.forgetful SET LOGGED;");
        assertThat(access(postgres, "nameless"))
                .containsExactly("ALTER TABLE public.nameless_1 REPLICA IDENTITY DEFAULT;");
        assertThat(access(postgres, "fine")).isEmpty();
    }

    @Test
    void whatARoleMayNotSeeIsReportedWithItsRemedy() {
        database.execute(
                "CREATE SCHEMA hidden",
                "CREATE TABLE hidden.rows (id int PRIMARY KEY, t text, secret text)",
                "ALTER TABLE hidden.rows ENABLE ROW LEVEL SECURITY",
                "CREATE ROLE guest LOGIN PASSWORD 'x'");
        Table all = postgres.table(new TableId("hidden", "rows"));
        try (var guest = new PostgresDatabase(database.url(), "guest", "x")) {
            assertThat(sql(guest.accessProblems(all)))
                    .containsExactly(
                            "GRANT USAGE ON SCHEMA \"hidden\" TO \"guest\";",
                            "GRANT SELECT ON \"hidden\".\"rows\" TO \"guest\";",
                            "ALTER ROLE \"guest\" BYPASSRLS;");
            database.execute("GRANT USAGE ON SCHEMA hidden TO guest", "GRANT SELECT (id, t) ON hidden.rows TO guest");
            assertThat(sql(guest.accessProblems(all))).hasSize(2);
            database.execute("ALTER ROLE guest BYPASSRLS");
            assertThat(guest.accessProblems(all.only(List.of("t")))).isEmpty();
        }
    }

    private static List<String> access(PostgresDatabase database, String table) {
        return sql(database.accessProblems(database.table(id(table))));
    }

    private static List<String> sql(List<Problem> problems) {
        return problems.stream().flatMap(problem -> problem.sql().stream()).toList();
    }

    @Test
    void aPublicationThatLeavesRowsOutIsDoubtful() {
        database.execute(
                "CREATE TABLE sieved (id int PRIMARY KEY, t text)",
                "CREATE PUBLICATION sieve FOR TABLE sieved WHERE (id > 5) WITH (publish_via_partition_root = true)");
        PublicationState state = postgres.publication("sieve", List.of(id("sieved")));

        assertThat(state.problem()).isNull();
        assertThat(state.warning())
                .isNotNull()
                .extracting(Problem::what)
                .asString()
                .contains("public.sieved");
    }

    @Test
    void aSlotIsSeenWithWhatItRetains() {
        assertThat(postgres.slot("none")).isEqualTo(Slot.NONE);

        database.execute(
                "SELECT pg_create_logical_replication_slot('%s', 'pgoutput')".formatted(database.name()),
                "SELECT pg_logical_emit_message(true, 'x', repeat('x', 100000))");
        Slot slot = postgres.slot(database.name());
        assertThat(slot.exists()).isTrue();
        assertThat(slot.active()).isFalse();
        assertThat(slot.retainedBytes()).isGreaterThan(100_000);
        assertThat(slot.lagBytes()).isBetween(100_000L, slot.retainedBytes());
    }

    @Test
    void estimatesCountPartitionsToo() {
        database.execute(
                "CREATE TABLE parts (id int PRIMARY KEY) PARTITION BY RANGE (id)",
                "CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (100)",
                "CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (100) TO (1000)",
                "INSERT INTO parts SELECT generate_series(0, 299)");
        assertThat(postgres.estimatedRows(id("parts"))).isZero();
        database.execute("ANALYZE parts");
        assertThat(postgres.estimatedRows(id("parts"))).isEqualTo(300);
        assertThat(postgres.estimatedRows(id("nothing"))).isZero();
    }

    @Test
    void whatTheServerSaysOfValuesIsPermanentAndOfAllElseIsNot() {
        assertThat(fails("SELECT 1 / 0").isPermanent()).isTrue();
        assertThat(fails("SELECT repeat('x', 2000000000)").isPermanent()).isTrue();
        assertThat(fails("SELECT 1 FROM nowhere").isPermanent()).isFalse();
        assertThat(fails("DO $$ BEGIN RAISE lock_not_available; END $$").isPermanent())
                .isFalse();
        assertThat(fails("SELECT pg_terminate_backend(pg_backend_pid())").isPermanent())
                .isFalse();
        assertThat(postgres.server().problems()).isEmpty();
    }

    private SourceException fails(String sql) {
        return catchThrowableOfType(SourceException.class, () -> run(postgres, sql));
    }

    private static boolean run(PostgresDatabase on, String sql) {
        return on.with("trying", connection -> {
            try (var statement = connection.createStatement()) {
                return statement.execute(sql);
            }
        });
    }

    @Test
    void closingCutsOffACallThatIsUnderWay() throws Exception {
        var other = new PostgresDatabase(database.url(), database.user(), "");
        var call = CompletableFuture.supplyAsync(() -> run(other, "SELECT pg_sleep(100)"));
        await().until(() -> database.value("SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(100)'")
                .equals("1"));

        other.close();

        assertThatThrownBy(() -> call.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(SourceException.class);
        assertThatThrownBy(other::server)
                .isInstanceOf(SourceException.class)
                .hasMessageContaining("the connection to the database is closed");
    }

    @Test
    void aBrokenConnectionIsReplaced() {
        assertThat(postgres.server().problems()).isEmpty();
        database.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                + " WHERE application_name = 'freshet' AND datname = current_database()");
        assertThatThrownBy(postgres::server)
                .isInstanceOfSatisfying(
                        SourceException.class, e -> assertThat(e.isPermanent()).isFalse());
        assertThat(postgres.server().problems()).isEmpty();
    }
}
