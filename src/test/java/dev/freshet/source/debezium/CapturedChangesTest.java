package dev.freshet.source.debezium;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.change.ChangeEvent;
import dev.freshet.change.ChangeEvent.Barrier;
import dev.freshet.change.ChangeEvent.Origin;
import dev.freshet.change.ChangeEvent.RowChange;
import dev.freshet.change.ChangeEvent.RowDeleted;
import dev.freshet.change.ChangeEvent.RowUpserted;
import dev.freshet.change.ChangeEvent.TableTruncated;
import dev.freshet.change.Row;
import dev.freshet.change.RowKey;
import dev.freshet.change.TableId;
import dev.freshet.change.Traceparent;
import dev.freshet.source.RowReader;
import dev.freshet.source.RowReader.KeyedRow;
import dev.freshet.source.Table;
import dev.freshet.source.TestDatabase;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of each kind of change; one capture of many tables. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class CapturedChangesTest {

    private static final String WEIRD = "Weird \"Table\" 100%, $1";
    private static final String LARGE = "(SELECT string_agg(md5(g::text), '') FROM generate_series(1, 400) g)";

    private static final List<String> TABLES = List.of(
            "public.docs",
            "public.whole",
            "public.parent",
            "public.child",
            "public.large",
            "public.events",
            "public.by_uuid",
            "public.by_text",
            "public.by_moment",
            "public.by_bytes",
            "public.by_char",
            "public.by_size",
            "public.by_two",
            "My Schema." + WEIRD);

    private final TestDatabase database = new TestDatabase();
    private Map<TableId, Table> tables = Map.of();
    private RunningCapture capture;

    @BeforeAll
    void start(@TempDir Path folder) {
        database.execute(
                "CREATE TYPE size AS ENUM ('small', 'it''s, \"large\"')",
                "CREATE DOMAIN positive_text AS text CHECK (VALUE <> '')",
                "CREATE TABLE docs (id bigint PRIMARY KEY, title text, n int, doubled int GENERATED ALWAYS AS (n * 2) STORED)",
                "CREATE TABLE whole (id bigint PRIMARY KEY, title text)",
                "ALTER TABLE whole REPLICA IDENTITY FULL",
                "CREATE TABLE parent (id int PRIMARY KEY)",
                "CREATE TABLE child (id int PRIMARY KEY, parent int REFERENCES parent)",
                "CREATE TABLE large (id int PRIMARY KEY, small text, t text, v varchar, j jsonb, js json, ta text[], ia int[],"
                        + " ua uuid[], b bytea, n numeric, x xml, d positive_text)",
                "ALTER TABLE large ALTER COLUMN n SET STORAGE EXTERNAL",
                "CREATE TABLE events (id int, day date, title text, PRIMARY KEY (id, day)) PARTITION BY RANGE (day)",
                "CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')",
                "CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')",
                "CREATE TABLE by_uuid (id uuid PRIMARY KEY, v text)",
                "CREATE TABLE by_text (id text PRIMARY KEY, v text)",
                "CREATE TABLE by_moment (id timestamptz PRIMARY KEY, v text)",
                "CREATE TABLE by_bytes (id bytea PRIMARY KEY, v text)",
                "CREATE TABLE by_char (id char(8) PRIMARY KEY, v text)",
                "CREATE TABLE by_size (id size PRIMARY KEY, v text)",
                "CREATE TABLE by_two (a text, v text, b int, PRIMARY KEY (b, a))",
                "CREATE SCHEMA \"My Schema\"",
                "CREATE TABLE \"My Schema\".\"" + WEIRD.replace("\"", "\"\"") + "\" (\"the id\" int PRIMARY KEY,"
                        + " \"a,b\" text, \"c.d\" text, \"$e\" text, \"100%\" text, \"q\"\"q\" text, \"f(g)\" text, \"Été\" text)",
                "CREATE TABLE ignored (id int PRIMARY KEY)");
        database.database().ensurePublication(database.name(), List.of(new TableId("public", "ignored")));
        tables = database.tables(TABLES.toArray(String[]::new));
        capture = RunningCapture.start(database, tables, folder.resolve("offsets"));
    }

    @BeforeEach
    void takeWhatIsLeft() {
        capture.take();
    }

    @AfterAll
    void close() {
        capture.close();
        database.close();
    }

    private static TableId id(String name) {
        return new TableId("public", name);
    }

    private Table table(TableId id) {
        return Objects.requireNonNull(tables.get(id));
    }

    private static RowUpserted upserted(ChangeEvent event) {
        return (RowUpserted) event;
    }

    @Test
    void insertUpdateAndDelete() {
        database.execute(
                "INSERT INTO docs (id, title, n) VALUES (1, 'one', 2)",
                "UPDATE docs SET title = 'uno', n = NULL WHERE id = 1",
                "DELETE FROM docs WHERE id = 1");
        List<ChangeEvent> events = capture.take();

        assertThat(events).hasSize(3);
        RowUpserted inserted = upserted(events.get(0));
        assertThat(inserted.table()).isEqualTo(id("docs"));
        assertThat(inserted.key()).isEqualTo(RowKey.of("id", 1L));
        assertThat(inserted.origin()).isEqualTo(Origin.LIVE);
        assertThat(inserted.row().get("title")).isEqualTo("one");
        assertThat(inserted.row().get("n")).isEqualTo(2L);
        assertThat(inserted.row().unavailable()).containsExactly("doubled");
        assertThat(upserted(events.get(1)).row().get("title")).isEqualTo("uno");
        assertThat(upserted(events.get(1)).row().values()).containsEntry("n", null);
        assertThat(events.get(2))
                .isEqualTo(new RowDeleted(
                        id("docs"), RowKey.of("id", 1L), events.get(2).position()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"docs", "whole"})
    void aKeyChangeIsADeleteAndAnInsert(String table) {
        database.execute(
                "INSERT INTO " + table + " (id, title) VALUES (10, 'ten')",
                "UPDATE " + table + " SET id = 11 WHERE id = 10",
                "DELETE FROM " + table + " WHERE id = 11");
        List<ChangeEvent> events = capture.take();

        assertThat(events).hasSize(4);
        assertThat(events.get(1))
                .isInstanceOfSatisfying(
                        RowDeleted.class, event -> assertThat(event.key()).isEqualTo(RowKey.of("id", 10L)));
        assertThat(events.get(2)).isInstanceOfSatisfying(RowUpserted.class, event -> {
            assertThat(event.key()).isEqualTo(RowKey.of("id", 11L));
            assertThat(event.row().get("title")).isEqualTo("ten");
        });
        assertThat(events.get(3))
                .isInstanceOfSatisfying(
                        RowDeleted.class, event -> assertThat(event.key()).isEqualTo(RowKey.of("id", 11L)));
    }

    @Test
    void aTransactionSaysWhatTraceItsChangesBelongTo() {
        String text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        String other = "00-5bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
        String say = "SELECT pg_logical_emit_message(true, 'traceparent', '%s')";
        database.transaction(
                "INSERT INTO docs (id, title) VALUES (30, 'before')",
                say.formatted(text),
                "INSERT INTO docs (id, title) VALUES (31, 'a')",
                "DELETE FROM docs WHERE id = 30",
                say.formatted(other),
                "UPDATE docs SET title = 'b' WHERE id = 31",
                say.formatted("nonsense"),
                "UPDATE docs SET title = 'c' WHERE id = 31");
        database.execute("SELECT pg_logical_emit_message(false, 'traceparent', '" + text + "')");
        database.transaction("DELETE FROM docs WHERE id = 31", say.formatted(text), "TRUNCATE docs");
        List<ChangeEvent> events = capture.take();

        assertThat(events.stream().map(CapturedChangesTest::traceparent))
                .containsExactly(null, text, text, other, null, null, text);
        RowUpserted unsaid = upserted(events.getFirst());
        assertThat(unsaid.trace()).isEqualTo(Traceparent.of(unsaid.position(), id("docs"), "30"));
        assertThat(events.stream().map(event -> event.position().version())).isSorted();
    }

    private static @Nullable String traceparent(ChangeEvent event) {
        Traceparent came = switch (event) {
            case RowChange change -> change.traceparent();
            case TableTruncated truncated -> truncated.traceparent();
            default -> throw new AssertionError(event);
        };
        return came == null ? null : came.toString();
    }

    @Test
    void twoRowsThatSwapTheirKeys() {
        database.execute("INSERT INTO docs (id, title) VALUES (20, 'a'), (21, 'b')");
        database.transaction(
                "UPDATE docs SET id = 22 WHERE id = 20",
                "UPDATE docs SET id = 20 WHERE id = 21",
                "UPDATE docs SET id = 21 WHERE id = 22");
        assertThat(stateAfter(capture.take())).isEqualTo(Map.of(20L, "b", 21L, "a"));
    }

    private static Map<Object, Object> stateAfter(List<ChangeEvent> events) {
        var state = new HashMap<Object, Object>();
        for (ChangeEvent event : events) {
            switch (event) {
                case RowUpserted upserted ->
                    state.put(
                            upserted.key().columns().get("id"),
                            String.valueOf(upserted.row().get("title")));
                case RowDeleted deleted -> state.remove(deleted.key().columns().get("id"));
                default -> throw new AssertionError(event);
            }
        }
        return state;
    }

    @Test
    void truncates() {
        database.execute("TRUNCATE docs", "TRUNCATE parent CASCADE", "TRUNCATE docs, whole, ignored");
        List<ChangeEvent> events = capture.take();

        assertThat(events).allMatch(TableTruncated.class::isInstance);
        List<TableId> truncated =
                events.stream().map(event -> ((TableTruncated) event).table()).toList();
        assertThat(truncated.getFirst()).isEqualTo(id("docs"));
        assertThat(truncated.subList(1, 3)).containsExactlyInAnyOrder(id("parent"), id("child"));
        assertThat(truncated.subList(3, 5)).containsExactlyInAnyOrder(id("docs"), id("whole"));
        assertThat(truncated).hasSize(5);
    }

    @Test
    void unchangedLargeValuesAreUnavailableAndNeverAPlaceholder() {
        database.execute("""
                INSERT INTO large SELECT 1, 'small', large, large, to_jsonb(large), to_json(large),
                    (SELECT array_agg(md5(g::text)) FROM generate_series(1, 400) g),
                    (SELECT array_agg(hashint4(g)) FROM generate_series(1, 4000) g),
                    (SELECT array_agg(md5(g::text)::uuid) FROM generate_series(1, 800) g),
                    decode(large, 'hex'),
                    (SELECT string_agg((hashint4(g)::bigint + 3000000000)::text, '') FROM generate_series(1, 900) g)::numeric,
                    xmlparse(content large), large
                  FROM %s AS source (large)""".formatted(LARGE));
        assertThat(capture.takeUpserts().getFirst().row().unavailable()).isEmpty();

        database.execute("UPDATE large SET small = 'changed'", "UPDATE large SET id = 2");
        List<ChangeEvent> events = capture.take();
        assertThat(events).hasSize(3);
        for (ChangeEvent event : List.of(events.get(0), events.get(2))) {
            Row row = upserted(event).row();
            assertThat(row.get("small")).isEqualTo("changed");
            assertThat(row.unavailable())
                    .containsExactlyInAnyOrder("t", "v", "j", "js", "ta", "ia", "ua", "b", "n", "x", "d");
            assertThat(row.values().keySet())
                    .containsExactly("id", "small", "t", "v", "j", "js", "ta", "ia", "ua", "b", "n", "x", "d");
            row.unavailable().forEach(column -> assertThat(row.get(column)).isNull());
        }
        database.execute("UPDATE large SET t = 'short'");
        RowUpserted shortened = capture.takeUpserts().getFirst();
        assertThat(shortened.row().get("t")).isEqualTo("short");
        assertThat(shortened.row().unavailable()).doesNotContain("t").contains("v");
    }

    @Test
    void rowsOfPartitionsAreRowsOfTheirTable() {
        database.execute(
                "INSERT INTO events VALUES (1, '2024-05-01', 'a')",
                "UPDATE events SET title = 'b' WHERE id = 1",
                "UPDATE events SET day = '2025-05-01' WHERE id = 1",
                "INSERT INTO events_2025 VALUES (2, '2025-06-01', 'direct')",
                "DELETE FROM events WHERE id = 1",
                "TRUNCATE events");
        List<ChangeEvent> events = capture.take();

        assertThat(events.stream().map(CapturedChangesTest::described))
                .containsExactly(
                        "upsert 1,2024-05-01 a",
                        "upsert 1,2024-05-01 b",
                        "delete 1,2024-05-01",
                        "upsert 1,2025-05-01 b",
                        "upsert 2,2025-06-01 direct",
                        "delete 1,2025-05-01",
                        "truncate public.events");
    }

    private static String described(ChangeEvent event) {
        return switch (event) {
            case RowUpserted row -> "upsert " + row.key() + " " + row.row().get("title");
            case RowDeleted row -> "delete " + row.key();
            case TableTruncated truncated -> "truncate " + truncated.table();
            default -> event.toString();
        };
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "by_uuid   | 'A0EEBC99-9c0b-4ef8-bb6d-6bb9bd380a11'",
                "by_text   | 'it''s, \"quoted\" \\ é 日本'",
                "by_text   | ''",
                "by_moment | '2024-02-29 12:34:56.789012+02'",
                "by_moment | '1900-01-01 00:00Z'",
                "by_moment | '0044-03-15 12:00Z BC'",
                "by_moment | '20000-01-01 00:00Z'",
                "by_moment | 'infinity'",
                "by_bytes  | '\\x00ff5c'",
                "by_char   | 'ab'",
                "by_size   | 'it''s, \"large\"'",
            })
    void aKeyIsTheSameInEveryEventAndInTheTable(String table, String key) {
        database.execute("INSERT INTO %s VALUES (%s, 'v')".formatted(table, key));
        database.execute("UPDATE %s SET v = 'w'".formatted(table));
        Table it = table(id(table));
        var reader = new RowReader(database.database());
        List<KeyedRow> page = reader.page(it, null, 10, Long.MAX_VALUE);
        assertThat(page).hasSize(1);
        RowKey read = page.getFirst().key();
        assertThat(reader.rows(it, List.of(read))).containsOnlyKeys(read);
        database.execute("DELETE FROM " + table);

        assertThat(capture.take())
                .hasSize(3)
                .allSatisfy(event ->
                        assertThat(((ChangeEvent.RowChange) event).key()).isEqualTo(read))
                .last()
                .isInstanceOf(RowDeleted.class);
    }

    @Test
    void aCompositeKeyHasTheOrderOfTheKey() {
        database.execute("INSERT INTO by_two VALUES ('x,y', 'v', 7)", "DELETE FROM by_two");
        assertThat(capture.take().stream()
                        .map(event -> ((ChangeEvent.RowChange) event).key().text()))
                .containsExactly("7,x\\,y", "7,x\\,y");
    }

    @Test
    void namesThatNeedQuotes() {
        var id = new TableId("My Schema", WEIRD);
        database.execute("INSERT INTO \"My Schema\".\"" + WEIRD.replace("\"", "\"\"")
                + "\" VALUES (1, 'comma', 'dot', 'dollar', 'percent', 'quote', 'parentheses', 'accents')");
        RowUpserted event = capture.takeUpserts().getFirst();

        assertThat(event.table()).isEqualTo(id);
        assertThat(event.key()).isEqualTo(RowKey.of("the id", 1L));
        assertThat(event.row().values().values())
                .containsExactly(1L, "comma", "dot", "dollar", "percent", "quote", "parentheses", "accents");
        assertThat(Values.described(event.row()))
                .isEqualTo(Values.described(new RowReader(database.database())
                        .page(table(id), null, 1, 1)
                        .getFirst()
                        .row()));
    }

    @Test
    void tablesThatAreNotCapturedAreSilentEvenWhenPublished() {
        database.execute("INSERT INTO ignored VALUES (1)", "DELETE FROM ignored", "TRUNCATE ignored");
        assertThat(capture.take()).isEmpty();
    }

    @Test
    void versionsGrowInTheOrderOfTheStreamHoweverTransactionsInterleave() throws SQLException {
        database.execute("INSERT INTO docs (id, title) VALUES (30, 'a'), (31, 'b'), (32, 'c')");
        try (Connection first = database.connect();
                Connection second = database.connect()) {
            first.setAutoCommit(false);
            second.setAutoCommit(false);
            update(first, 30, "first");
            update(second, 31, "second");
            update(first, 32, "first");
            second.commit();
            update(first, 31, "first after second");
            first.commit();
        }
        database.transaction(
                "UPDATE docs SET title = 'x' WHERE id = 30",
                "UPDATE docs SET title = 'y' WHERE id = 30",
                "DELETE FROM docs WHERE id = 30");
        List<ChangeEvent> events = capture.takeAll();

        assertThat(events.stream()
                        .filter(RowUpserted.class::isInstance)
                        .map(event -> upserted(event).row().get("title")))
                .containsExactly("a", "b", "c", "second", "first", "first", "first after second", "x", "y");
        for (int i = 1; i < events.size(); i++) {
            assertThat(events.get(i).position().version())
                    .as("%s after %s", events.get(i), events.get(i - 1))
                    .isGreaterThanOrEqualTo(events.get(i - 1).position().version());
        }
        assertThat(events.stream()
                        .filter(event -> !(event instanceof Barrier))
                        .map(event -> event.position().version()))
                .doesNotHaveDuplicates();
        assertThat(events.getFirst().position().connector()).isEqualTo(database.name());
    }

    private static void update(Connection connection, int id, String title) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute("UPDATE docs SET title = '%s' WHERE id = %d".formatted(title, id));
        }
    }

    @Test
    void aBarrierComesBehindEverythingCommittedBeforeIt() throws SQLException {
        try (Connection open = database.connect()) {
            open.setAutoCommit(false);
            database.execute("INSERT INTO docs (id, title) VALUES (40, 'before')");
            update(open, 40, "open");
            database.database().emitBarrier("barrier 1");
            open.commit();
            database.database().emitBarrier("barrier 2");
        }
        var seen = new ArrayList<String>();
        for (ChangeEvent event : capture.takeAll()) {
            if (event instanceof RowUpserted row) {
                seen.add(String.valueOf(row.row().get("title")));
            } else if (event instanceof Barrier barrier && barrier.id().startsWith("barrier")) {
                seen.add(barrier.id());
            }
        }
        assertThat(seen).containsExactly("before", "barrier 1", "open", "barrier 2");
    }

    @Test
    void messagesOfOthersAreNoBarriers() {
        database.execute("SELECT pg_logical_emit_message(true, 'somebody', 'else')");
        assertThat(capture.takeAll())
                .noneMatch(event ->
                        event instanceof Barrier barrier && barrier.id().equals("else"));
    }

    @Test
    void heartbeatsMoveThePositionOnWhileOnlyOtherTablesChange() {
        database.execute("INSERT INTO docs (id) VALUES (50)");
        ChangeEvent last = capture.take().getLast();
        await().until(() -> {
            database.execute("INSERT INTO ignored VALUES (1)", "DELETE FROM ignored");
            return capture.takeAll().stream()
                    .anyMatch(event -> event instanceof Barrier barrier
                            && barrier.id().isEmpty()
                            && barrier.position()
                                            .version()
                                            .compareTo(last.position().version())
                                    > 0);
        });
    }
}
