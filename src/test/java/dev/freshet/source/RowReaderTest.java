package dev.freshet.source;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.change.RowKey;
import dev.freshet.change.TableId;
import dev.freshet.source.RowReader.KeyedRow;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class RowReaderTest {

    private static final int ROWS = 2500;

    private final TestDatabase database = new TestDatabase();
    private final RowReader reader = new RowReader(database.database());

    @BeforeAll
    void createTables() {
        database.execute("CREATE TYPE size AS ENUM ('small', 'medium', 'large')");
        create("by_int", "id int", "g - 1250");
        create("by_bigint", "id bigint", "g * 4000000000");
        create("by_text", "id text", "md5(g::text) || '\"'',é' || g");
        create("by_char", "id char(8)", "g::text");
        create("by_uuid", "id uuid", "md5(g::text)::uuid");
        create("by_numeric", "id numeric", "g / 7.0");
        create("by_double", "id double precision", "CASE g WHEN 1 THEN 'NaN' WHEN 2 THEN '-Infinity' ELSE g / 7.0 END");
        create("by_date", "id date", "CASE g WHEN 1 THEN 'infinity' ELSE '0002-01-01'::date - 1000 + g END");
        create("by_time", "id time", "CASE g WHEN 1 THEN '24:00' ELSE '00:00'::time + g * interval '1.5 s' END");
        create(
                "by_timestamptz",
                "id timestamptz",
                "CASE g WHEN 1 THEN 'infinity' WHEN 2 THEN '-infinity' WHEN 3 THEN '0044-03-15 12:00Z BC'"
                        + " WHEN 4 THEN '20000-01-01 00:00Z' ELSE '2024-01-01'::timestamptz + g * interval '1.000001 s' END");
        create("by_timestamp", "id timestamp", "'9999-12-31 23:30'::timestamp + g * interval '1.000001 s'");
        create("by_bytea", "id bytea", "decode(md5(g::text), 'hex')");
        create("by_boolean_and_enum", "a boolean, b size, id int", "g % 2 = 0, (enum_range(NULL::size))[1 + g % 3], g");
        create("by_composite", "tenant text, id bigint", "'t,\\' || g % 7, g");
    }

    private void create(String table, String columns, String values) {
        String key = columns.replaceAll("(\\w+) [^,]+", "$1");
        database.execute(
                "CREATE TABLE %s (%s, body text DEFAULT 'text', PRIMARY KEY (%s))".formatted(table, columns, key),
                "INSERT INTO %s (%s) SELECT %s FROM generate_series(1, %d) AS g".formatted(table, key, values, ROWS));
    }

    @AfterAll
    void close() {
        database.close();
    }

    private Table table(String name) {
        return database.database().table(new TableId("public", name));
    }

    @ParameterizedTest
    @CsvSource({
        "by_int",
        "by_bigint",
        "by_text",
        "by_char",
        "by_uuid",
        "by_numeric",
        "by_double",
        "by_date",
        "by_time",
        "by_timestamptz",
        "by_timestamp",
        "by_bytea",
        "by_boolean_and_enum",
        "by_composite"
    })
    void pagesVisitEachRowOnceInKeyOrder(String name) {
        Table table = table(name);
        List<RowKey> whole = keys(reader.page(table, null, ROWS + 1, Long.MAX_VALUE));
        assertThat(whole).hasSize(ROWS).doesNotHaveDuplicates();
        assertThat(whole.stream().map(RowKey::text)).doesNotHaveDuplicates();

        assertThat(pages(table, 333, key -> key)).isEqualTo(whole);
        assertThat(pages(table, 500, key -> asStored(table, key)))
                .as("going on from stored keys")
                .isEqualTo(whole);
        assertThat(reader.rows(table, whole).keySet()).containsExactlyInAnyOrderElementsOf(whole);
    }

    private List<RowKey> pages(Table table, int limit, UnaryOperator<RowKey> remembered) {
        var keys = new ArrayList<RowKey>();
        RowKey after = null;
        while (true) {
            List<RowKey> page = keys(reader.page(table, after, limit, Long.MAX_VALUE));
            if (page.isEmpty() || keys.size() > ROWS) {
                return keys;
            }
            keys.addAll(page);
            after = remembered.apply(page.getLast());
        }
    }

    /** As a backfill keeps the key it has reached: the text of each column, read by the column's type. */
    private static RowKey asStored(Table table, RowKey key) {
        var columns = new LinkedHashMap<String, Object>();
        key.columns().forEach((name, value) -> {
            String text = value.toString();
            @Nullable Object read = table.column(name).orElseThrow().type().parse(text);
            columns.put(name, Objects.requireNonNull(read));
        });
        return new RowKey(columns);
    }

    private static List<RowKey> keys(List<KeyedRow> page) {
        return page.stream().map(KeyedRow::key).toList();
    }

    @Test
    void theOrderIsThatOfTheTypeNotOfItsText() {
        List<RowKey> keys = keys(reader.page(table("by_int"), null, ROWS, Long.MAX_VALUE));
        assertThat(keys).startsWith(RowKey.of("id", -1249L), RowKey.of("id", -1248L));
        assertThat(keys).endsWith(RowKey.of("id", 1250L));
        assertThat(keys(reader.page(table("by_int"), RowKey.of("id", 9L), 2, Long.MAX_VALUE)))
                .containsExactly(RowKey.of("id", 10L), RowKey.of("id", 11L));
    }

    @Test
    void aPageEndsAtItsBytesButHasARow() {
        database.execute(
                "CREATE TABLE large (id int PRIMARY KEY, body text)",
                "INSERT INTO large SELECT g, repeat('x', 10000) FROM generate_series(1, 50) AS g");
        Table table = table("large");

        assertThat(reader.page(table, null, 50, 1)).hasSize(1);
        assertThat(reader.page(table, null, 50, 100_000)).hasSizeBetween(5, 10);
        assertThat(reader.page(table, RowKey.of("id", 50L), 50, 1)).isEmpty();
    }

    @Test
    void moreKeysThanOneQueryTakesAndKeysWithoutRows() {
        Table table = table("by_composite");
        var keys = new ArrayList<>(keys(reader.page(table, null, 1201, Long.MAX_VALUE)));
        var missing = new LinkedHashMap<String, Object>();
        missing.put("tenant", "nobody");
        missing.put("id", 1L);
        keys.add(7, new RowKey(missing));

        assertThat(reader.rows(table, keys)).hasSize(1201).doesNotContainKey(new RowKey(missing));
        assertThat(reader.rows(table, List.of())).isEmpty();
    }

    @Test
    void namesThatNeedQuotes() {
        database.execute(
                "CREATE SCHEMA \"My.Schema\"",
                "CREATE TABLE \"My.Schema\".\"Weird \"\"Table\"\" 100%s\" (\"is it?\" int, \"a,b\" text, \"c$1.d\" text,"
                        + " PRIMARY KEY (\"a,b\", \"is it?\"))",
                "INSERT INTO \"My.Schema\".\"Weird \"\"Table\"\" 100%s\" VALUES (1, 'x', 'y'), (2, 'x', 'z')");
        Table table = database.database().table(new TableId("My.Schema", "Weird \"Table\" 100%s"));

        List<KeyedRow> page = reader.page(table, null, 10, Long.MAX_VALUE);
        assertThat(page).extracting(row -> row.row().get("c$1.d")).containsExactly("y", "z");
        assertThat(page.getFirst().key().text()).isEqualTo("x,1");
        assertThat(reader.rows(table, keys(page))).hasSize(2);
        assertThat(keys(reader.page(table, page.getFirst().key(), 10, Long.MAX_VALUE)))
                .containsExactly(page.getLast().key());
    }
}
