package dev.freshet.source.debezium;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.change.ChangeEvent.RowUpserted;
import dev.freshet.change.Row;
import dev.freshet.change.RowKey;
import dev.freshet.change.TableId;
import dev.freshet.source.RowReader;
import dev.freshet.source.RowReader.KeyedRow;
import dev.freshet.source.Table;
import dev.freshet.source.TestDatabase;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TimeZone;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The same value, of the same Java type, comes from the log, from a snapshot and from the table: for every type, and
 * with a server whose defaults are not ours.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ValueParityTest {

    /** A table with one column of a type, and the values that its rows have, as SQL. */
    record Case(String type, List<String> values) {

        static Case of(String type, String... values) {
            return new Case(type, List.of(values));
        }

        @Override
        public String toString() {
            return type;
        }
    }

    private static final List<String> NASTY_DEFAULTS = List.of(
            "timezone = 'Europe/Amsterdam'",
            "datestyle = 'German'",
            "intervalstyle = 'iso_8601'",
            "bytea_output = 'escape'",
            "extra_float_digits = 0");

    private static final String[] TYPES = {
        "CREATE EXTENSION citext",
        "CREATE EXTENSION hstore",
        "CREATE TYPE mood AS ENUM ('sad', 'o,k', '\"glad\"', 'été')",
        "CREATE TYPE pair AS (a int, b text)",
        "CREATE DOMAIN positive AS int CHECK (VALUE > 0)",
        "CREATE DOMAIN very_positive AS positive CHECK (VALUE > 100)",
        "CREATE DOMAIN money_amount AS numeric(12, 2)",
        "CREATE DOMAIN moment AS timestamptz",
        "CREATE DOMAIN tags AS text[]",
        "CREATE DOMAIN place AS point",
    };

    private static List<Case> cases() {
        return List.of(
                Case.of("smallint", "0", "-32768", "32767"),
                Case.of("int", "0", "-2147483648", "2147483647"),
                Case.of("bigint", "0", "-9223372036854775808", "9223372036854775807"),
                Case.of("oid", "0", "4294967295"),
                Case.of(
                        "real",
                        "0.1",
                        "'-0'",
                        "'NaN'",
                        "'Infinity'",
                        "'-Infinity'",
                        "3.4028235e38",
                        "1.17549435e-38",
                        "'1e-45'",
                        "16777217",
                        "123456.79"),
                Case.of(
                        "double precision",
                        "0.1",
                        "'-0'",
                        "'NaN'",
                        "'Infinity'",
                        "'-Infinity'",
                        "1.7976931348623157e308",
                        "'5e-324'",
                        "1e15",
                        "123456789.123456789"),
                Case.of(
                        "numeric",
                        "0",
                        "0.00",
                        "1.50",
                        "-1",
                        "1e100",
                        "1e-100",
                        "123456789012345678901234567890.12345678901234567890",
                        "repeat('9', 3000)::numeric",
                        "'NaN'",
                        "'Infinity'",
                        "'-Infinity'"),
                Case.of("numeric(12, 2)", "0", "1", "1.005", "-9999999999.99", "'NaN'"),
                Case.of("money", "'12.34'"),
                Case.of("boolean", "true", "false"),
                Case.of(
                        "text",
                        "''",
                        "' '",
                        "'a'",
                        "E'tab\\tnew\\nline\\r'",
                        "'été 日本語 \uD83D\uDE00'",
                        "'NULL'",
                        "'{}'",
                        "repeat('long ', 5000)"),
                Case.of("varchar(10)", "''", "'trailing  '"),
                Case.of("char(5)", "'ab'", "''", "' ab'", "'abcde'"),
                Case.of("char", "'x'", "''"),
                Case.of("\"char\"", "'x'"),
                Case.of("name", "'some name'"),
                Case.of("citext", "'MiXed'"),
                Case.of("uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "'00000000-0000-0000-0000-000000000000'"),
                Case.of("mood", "'sad'", "'o,k'", "'\"glad\"'", "'été'"),
                Case.of("positive", "1", "2147483647"),
                Case.of("very_positive", "101"),
                Case.of("money_amount", "1.5", "0"),
                Case.of("moment", "'2024-02-29 12:34:56.789+02'"),
                Case.of("tags", "'{}'", "'{a,NULL,\"b c\"}'"),
                Case.of("place", "'(1,2)'"),
                Case.of(
                        "json",
                        "'null'",
                        "'{}'",
                        "'[]'",
                        "'\"text\"'",
                        "'1'",
                        "'1.50'",
                        "'1e400'",
                        "'-0'",
                        "'12345678901234567890123'",
                        "' { \"b\" : 1, \"a\" : [1, 2.5, null, true, {\"x\": \"\\u00e9\"}], \"a\": 2 } '"),
                Case.of(
                        "jsonb",
                        "'null'",
                        "'{}'",
                        "'[]'",
                        "'\"text\"'",
                        "'1'",
                        "'1.50'",
                        "'1e400'",
                        "'12345678901234567890123'",
                        "'0.12345678901234567890123'",
                        "'{\"b\": 1, \"a\": [1, 2.5, null, true, {\"x\": \"\\u00e9\"}]}'"),
                Case.of(
                        "date",
                        "'2024-02-29'",
                        "'0001-01-01'",
                        "'9999-12-31'",
                        "'10000-01-01'",
                        "'5874897-12-31'",
                        "'0044-03-15 BC'",
                        "'0001-12-31 BC'",
                        "'4714-11-24 BC'",
                        "'1582-10-10'",
                        "'1900-02-28'",
                        "'infinity'",
                        "'-infinity'"),
                Case.of("time", "'00:00'", "'12:34:56.789012'", "'23:59:59.999999'", "'24:00:00'"),
                Case.of("time(3)", "'12:34:56.789'"),
                Case.of("time(0)", "'12:34:56'", "'24:00:00'"),
                Case.of("timetz", "'00:00+00'", "'12:34:56.789012+05:30'", "'23:30:00-02'", "'24:00:00+02'"),
                Case.of(
                        "timestamp",
                        "'2024-02-29 12:34:56.789012'",
                        "'2024-02-29 00:00'",
                        "'1969-12-31 23:59:59.999999'",
                        "'0001-01-01 00:00:00'",
                        "'9999-12-31 23:59:59.999999'",
                        "'10000-01-01 00:00'",
                        "'294276-12-31 23:59:59.999999'",
                        "'0044-03-15 12:00 BC'",
                        "'4713-01-01 00:00 BC'",
                        "'1582-10-10 12:00'",
                        "'2024-03-31 02:30:00'",
                        "'infinity'",
                        "'-infinity'"),
                Case.of("timestamp(0)", "'2024-02-29 12:34:56'", "'infinity'", "'10000-01-01 00:00'"),
                Case.of("timestamp(3)", "'2024-02-29 12:34:56.789'", "'infinity'", "'0044-03-15 12:00 BC'"),
                Case.of(
                        "timestamptz",
                        "'2024-02-29 12:34:56.789012+02'",
                        "'2024-02-29 00:00Z'",
                        "'1969-12-31 23:59:59.999999Z'",
                        "'1900-01-01 00:00:00Z'",
                        "'0001-01-01 00:00:00Z'",
                        "'9999-12-31 23:59:59.999999Z'",
                        "'10000-01-01 00:00Z'",
                        "'294276-12-31 23:59:59.999999Z'",
                        "'0001-12-31 23:59:59 BC Z'",
                        "'0044-03-15 12:00Z BC'",
                        "'4713-01-01 00:00Z BC'",
                        "'1582-10-10 12:00Z'",
                        "'infinity'",
                        "'-infinity'"),
                Case.of("timestamptz(0)", "'2024-02-29 12:34:56+02'", "'infinity'"),
                Case.of("bytea", "''", "'\\x00ff'", "'\\x5c78'", "decode(repeat('ab', 10000), 'hex')"),
                Case.of("smallint[]", "'{1,NULL,-1}'", "'{{1,2}}'"),
                Case.of("int[]", "'{}'", "'{1,NULL,2}'", "'{{1,2},{3,4}}'", "'{{{1}}}'", "'[0:1]={7,8}'"),
                Case.of("bigint[]", "'{9223372036854775807,-1}'", "'{{1},{2}}'"),
                Case.of("real[]", "'{0.1,NaN,Infinity,NULL}'", "'{{1.5}}'", "'{0.2,-0}'"),
                Case.of("float8[]", "'{0.1,1e300,-Infinity,NULL}'", "'{{1.5},{2}}'"),
                Case.of("numeric[]", "'{1.50,0.00,NULL,1e30,123456789012345678901234567890.5}'", "'{NaN}'"),
                Case.of("numeric(8, 2)[]", "'{1.5,NULL}'"),
                Case.of("boolean[]", "'{t,f,NULL}'", "'{t,f}'", "'{{t,f},{f,t}}'"),
                Case.of(
                        "text[]",
                        "'{}'",
                        "'{a,NULL,\"NULL\",\"\"}'",
                        "ARRAY['a,b', '\"q\"', E'back\\\\slash', E'new\\nline', '{}', 'été']",
                        "'{{a,b},{c,d}}'"),
                Case.of("varchar(5)[]", "'{a,\"b c\"}'", "'{{a}}'"),
                Case.of("oid[]", "'{4294967295}'"),
                Case.of("citext[]", "'{a,B}'"),
                Case.of("name[]", "'{a,b}'"),
                Case.of("xml[]", "'{<a/>}'"),
                Case.of("char(3)[]", "'{a,\"b c\"}'"),
                Case.of(
                        "uuid[]",
                        "'{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11,NULL}'",
                        "'{{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}}'",
                        "'{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}'"),
                Case.of("mood[]", "ARRAY['sad', 'o,k', NULL, '\"glad\"']::mood[]"),
                Case.of("positive[]", "'{1,2}'"),
                Case.of("date[]", "'{2024-02-29,NULL,infinity,10000-01-01}'", "ARRAY['0044-03-15 BC'::date]"),
                Case.of("time[]", "'{12:34:56.789012,24:00:00,NULL}'"),
                Case.of("timetz[]", "'{12:34:56.789+02,NULL}'"),
                Case.of("timestamp[]", "'{2024-02-29 12:34:56.789012,infinity,NULL}'"),
                Case.of(
                        "timestamptz[]",
                        "'{2024-02-29 12:34:56.789012+02,infinity,-infinity,NULL}'",
                        "ARRAY['10000-01-01 00:00Z'::timestamptz, '0044-03-15 12:00Z BC']"),
                Case.of("json[]", "ARRAY['{\"a\": [1, null]}'::json, 'null', NULL, '\"x\"']"),
                Case.of("jsonb[]", "ARRAY['{\"a\": [1, null]}'::jsonb, 'null', NULL, '\"x\"', '1.50']"),
                Case.of("bytea[]", "ARRAY['\\x00ff'::bytea, '', NULL]"),
                Case.of("inet[]", "'{10.0.0.1,::1}'"),
                Case.of("interval", "'1 year 2 days 03:04:05.678'", "'-1 hour'"),
                Case.of("point", "'(1,2)'"),
                Case.of("polygon", "'((0,0),(1,1),(1,0))'"),
                Case.of("tsvector", "'a fat cat'"),
                Case.of("xml", "'<a b=\"c\">d</a>'"),
                Case.of("hstore", "'a=>1,b=>NULL'"),
                Case.of("inet", "'10.0.0.1/8'", "'::1'"),
                Case.of("cidr", "'10.0.0.0/8'"),
                Case.of("macaddr", "'08:00:2b:01:02:03'"),
                Case.of("bit(3)", "B'101'"),
                Case.of("bit varying", "B'1010101010'"),
                Case.of("int4range", "'[1,5)'"),
                Case.of("tstzrange", "'[2024-01-01,2024-02-01)'"),
                Case.of("int4multirange", "'{[1,5),[7,8)}'"),
                Case.of("pg_lsn", "'0/16B3748'"),
                Case.of("jsonpath", "'$.a'"),
                Case.of("pair", "ROW(1, 'x')"),
                Case.of("pair[]", "ARRAY[ROW(1, 'x')::pair]"),
                Case.of("int2vector", "'1 2'"));
    }

    private static final List<Case> CASES = cases();

    private final TimeZone ownZone = TimeZone.getDefault();
    private final TestDatabase database = new TestDatabase();
    private final RowReader reader = new RowReader(database.database());
    private Map<TableId, Map<RowKey, Row>> inserted = Map.of();
    private Map<TableId, Map<RowKey, Row>> updated = Map.of();
    private Map<TableId, Map<RowKey, Row>> snapshot = Map.of();

    static IntStream numbers() {
        return IntStream.range(0, CASES.size());
    }

    @BeforeAll
    void captureEverything(@TempDir Path folder) {
        TimeZone.setDefault(TimeZone.getTimeZone("Europe/Amsterdam"));
        database.execute(NASTY_DEFAULTS.stream()
                .map(setting -> "ALTER DATABASE " + database.name() + " SET " + setting)
                .toArray(String[]::new));
        database.execute(TYPES);
        database.transaction(numbers()
                .mapToObj(i -> "CREATE TABLE t%d (id int PRIMARY KEY, filler text, v %s)"
                        .formatted(i, CASES.get(i).type()))
                .toArray(String[]::new));
        Map<TableId, Table> tables =
                database.tables(numbers().mapToObj(i -> "public.t" + i).toArray(String[]::new));
        try (var capture = RunningCapture.start(database, tables, folder.resolve("offsets"))) {
            database.transaction(inserts());
            inserted = byTable(capture.takeUpserts());
            database.transaction(numbers()
                    .mapToObj(i -> "UPDATE t" + i + " SET filler = 'new'")
                    .toArray(String[]::new));
            updated = byTable(capture.takeUpserts());
        }
        database.dropSlot();
        try (var capture = RunningCapture.start(database, tables, folder.resolve("snapshot"), true)) {
            snapshot = byTable(capture.takeUpserts());
        }
    }

    private static String[] inserts() {
        return numbers()
                .boxed()
                .flatMap(i -> {
                    var values = new ArrayList<>(CASES.get(i).values());
                    values.add("NULL");
                    return IntStream.range(0, values.size())
                            .mapToObj(
                                    row -> "INSERT INTO t%d VALUES (%d, 'old', %s)".formatted(i, row, values.get(row)));
                })
                .toArray(String[]::new);
    }

    private static Map<TableId, Map<RowKey, Row>> byTable(List<RowUpserted> events) {
        return events.stream()
                .collect(Collectors.groupingBy(
                        RowUpserted::table, Collectors.toMap(RowUpserted::key, RowUpserted::row)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("numbers")
    void logSnapshotAndTableAgree(int number) {
        Case each = CASES.get(number);
        TableId id = new TableId("public", "t" + number);
        Table table = database.database().table(id);
        Map<RowKey, Row> read = page(table);

        assertThat(read).as("rows of %s", each).hasSize(each.values().size() + 1);
        assertThat(described(reader.rows(table, read.keySet()))).isEqualTo(described(read));
        assertAgree(each, inserted.getOrDefault(id, Map.of()), read);
        assertAgree(each, updated.getOrDefault(id, Map.of()), read);
        assertAgree(each, snapshot.getOrDefault(id, Map.of()), read);
    }

    private Map<RowKey, Row> page(Table table) {
        var rows = new LinkedHashMap<RowKey, Row>();
        for (KeyedRow row : reader.page(table, null, 1000, Long.MAX_VALUE)) {
            rows.put(row.key(), row.row());
        }
        return rows;
    }

    /** What capture does not know counts as unknown in the table too, which must then have it. */
    private static void assertAgree(Case each, Map<RowKey, Row> captured, Map<RowKey, Row> read) {
        assertThat(captured.keySet()).as("rows of %s", each).isEqualTo(read.keySet());
        var differences = new ArrayList<String>();
        captured.forEach((key, row) -> {
            Row there = Objects.requireNonNull(read.get(key));
            if (!row.unavailable().contains("v")) {
                String log = Values.described(row.get("v"));
                String now = Values.described(there.get("v"));
                if (!log.equals(now)) {
                    differences.add("row %s: captured %s, read %s".formatted(key, log, now));
                }
            }
        });
        assertThat(differences).as("values of %s", each).isEmpty();
    }

    private static Map<RowKey, Map<String, String>> described(Map<RowKey, Row> rows) {
        var described = new LinkedHashMap<RowKey, Map<String, String>>();
        rows.forEach((key, row) -> described.put(key, Values.described(row)));
        return described;
    }

    @AfterAll
    void close() {
        TimeZone.setDefault(ownZone);
        database.close();
    }
}
