package dev.freshet.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freshet.config.ConfigLoader;
import dev.freshet.embed.HashModel;
import dev.freshet.query.http.RawRequest;
import dev.freshet.reconcile.Oracle.Findings;
import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Rows that people and machines can put into a real database, read from the table and from the log: each is in the index
 * as a build from scratch has it, or is a dead letter that says why; nothing is lost, and the daemon goes on.
 */
@Timeout(120)
final class HostileRowsTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** In every text that may be refused, to see that no error repeats it. */
    private static final String MARK = "confidential-words";

    @TempDir
    private Path folder;

    private static String large(String piece, int bytes) {
        return piece.repeat(bytes / piece.length());
    }

    /** Texts by what is the matter with them. */
    private static Map<String, String> texts() {
        var texts = new LinkedHashMap<String, String>();
        texts.put("plain", "a plain text");
        texts.put("empty", "");
        texts.put("blank", " \t\n\u00a0\u2003 ");
        texts.put("template", "{{title}} {{{body}}} {{#id}}x{{/id}} {{>x}} {{=<% %>=}} <%body%> {{");
        texts.put("cel", "' || true || row.title == '\" + row.password + \"\\");
        texts.put("html", "<script>alert(1)</script><![CDATA[ <!-- ]]>");
        texts.put("control", "a\u0001b\u0007c\u001b[31md\u007fe\u0085f\u2028g\ufeffh");
        texts.put("bidi", "\u202eevil\u202c \u200b\u200d\u2066");
        texts.put("noncharacters", "\ufffe \uffff \ufdd0 " + Character.toString(0x10ffff));
        texts.put("combining", "e" + "\u0301".repeat(20_000));
        texts.put("emoji", "👩‍👩‍👧‍👦".repeat(2_000));
        texts.put("line ends", "a\r\nb\rc\n\n\nd\u000be\u000cf");
        texts.put("10 MB of words", large("the quick brown fox jumps over the lazy dog. ", 10 << 20));
        texts.put("1 MB without a break", large("x", 1 << 20));
        texts.put("headings", large("# \n", 100_000));
        texts.put("deep headings", large("###### h\n\n", 100_000));
        texts.put("deep quotes", ">".repeat(20_000) + " " + MARK);
        texts.put("deep lists", "- ".repeat(5_000) + MARK);
        texts.put("brackets", "[".repeat(50_000) + MARK + "](".repeat(20_000));
        texts.put("stars", large("*a _b ", 50_000));
        texts.put("backticks", large("` `` ", 50_000));
        texts.put("fence", "```".repeat(10_000) + "\n# x");
        texts.put("table", "|".repeat(50_000) + "\n" + "|-".repeat(20_000));
        texts.put("entities", large("&amp;&#x110000;&#0;", 50_000));
        return texts;
    }

    /** Values of other types, in SQL, by column. */
    private static Map<String, String> values() {
        var values = new LinkedHashMap<String, String>();
        values.put("j half a pair", "j = '{\"a\": \"\\ud800\", \"\\udc00\": 1}'");
        values.put("j NUL", "j = '{\"a\\u0000b\": \"c\\u0000d\"}'");
        values.put("j deep list", "j = ('" + "[".repeat(1_500) + "1" + "]".repeat(1_500) + "')::json");
        values.put("j deep object", "j = ('" + "{\"a\":".repeat(900) + "1" + "}".repeat(900) + "')::json");
        values.put("j a key twice", "j = '{\"a\": 1, \"a\": 2}'");
        values.put("j long number", "j = ('{\"a\": ' || repeat('9', 5000) || '}')::json");
        values.put("j beyond double", "j = '{\"a\": 1e999999, \"b\": -1e-999999}'");
        values.put("j scalar", "j = '\"text\"'");
        values.put("j null", "j = 'null'");
        values.put("jb many keys", "jb = (SELECT jsonb_object_agg('k' || i, i) FROM generate_series(1, 20000) i)");
        values.put(
                "jb forged",
                "jb = '{\"tenant\": \"x\", \"freshet_tenant\": \"x\", \"\": {\"\": 1}, \"a.b\": 1, \"a\": {\"b\": 2}}'");
        values.put("jb large", "jb = to_jsonb(repeat('long ', 200000))");
        values.put("d forever", "d = 'infinity'");
        values.put("d never", "d = '-infinity'");
        values.put("d late", "d = '5874897-12-31'");
        values.put("d early", "d = '4713-01-01 BC'");
        values.put("ts forever", "ts = 'infinity'");
        values.put("ts late", "ts = '294276-12-31 23:59:59.999999'");
        values.put("ts early", "ts = '4713-01-01 00:00:00 BC'");
        values.put("tz forever", "tz = '-infinity'");
        values.put("tz late", "tz = '294276-12-31 23:59:59.999999+00'");
        values.put("tz early", "tz = '4713-01-02 00:00:00+00 BC'");
        values.put("n none", "n = 'NaN'");
        values.put("n forever", "n = 'Infinity'");
        values.put("n long", "n = repeat('9', 20000)::numeric");
        values.put("n fine", "n = ('0.' || repeat('0', 10000) || '1')::numeric");
        values.put("f none", "f = 'NaN'");
        values.put("f forever", "f = '-Infinity'");
        values.put("f fine", "f = 4.9e-324");
        values.put("f zero", "f = '-0'");
        values.put("arr odd", "arr = ARRAY['a', NULL, '', '{\"x\"}', 'a,b', E'\\\\']");
        values.put("arr deep", "arr = '{{{a,b},{c,d}},{{e,f},{g,NULL}}}'");
        values.put("arr many", "arr = (SELECT array_agg('v' || i) FROM generate_series(1, 20000) i)");
        values.put("tenant odd", "tenant = E'\\u0001''; DROP TABLE rows; --\"'");
        values.put("tenant long", "tenant = repeat('t', 100000)");
        return values;
    }

    private static void insert(Connection connection, String prefix) throws SQLException {
        try (PreparedStatement insert =
                connection.prepareStatement("INSERT INTO rows (id, title, body) VALUES (?, ?, ?)")) {
            for (Map.Entry<String, String> text : texts().entrySet()) {
                insert.setString(1, prefix + text.getKey());
                insert.setString(2, "title of " + text.getKey());
                insert.setString(3, text.getValue());
                insert.executeUpdate();
            }
            for (Map.Entry<String, String> value : values().entrySet()) {
                insert.setString(1, prefix + value.getKey());
                insert.setString(2, "title of " + value.getKey());
                insert.setString(3, MARK);
                insert.executeUpdate();
                try (PreparedStatement update =
                        connection.prepareStatement("UPDATE rows SET " + value.getValue() + " WHERE id = ?")) {
                    update.setString(1, prefix + value.getKey());
                    update.executeUpdate();
                }
            }
        }
    }

    @Test
    void everyRowIsIndexedOrExplained() throws Exception {
        String url = SharedDatabase.newDatabase();
        try (Connection connection = DriverManager.getConnection(url, "postgres", "")) {
            try (var statement = connection.createStatement()) {
                statement.execute(
                        "CREATE TABLE rows (id text PRIMARY KEY, title text, body text, j json, jb jsonb, d date,"
                                + " ts timestamp, tz timestamptz, n numeric, f float8, arr text[], tenant text NOT NULL DEFAULT 'acme')");
            }
            insert(connection, "table/");
            try (Daemon daemon = start(url)) {
                insert(connection, "log/");
                try (var statement = connection.createStatement()) {
                    statement.execute("INSERT INTO rows (id, title, body) VALUES ('last', 'last', 'last')");
                }
                assertThat(daemon.awaitDrained()).isTrue();

                JsonNode letters = JSON.readTree(
                                RawRequest.send(URI.create(daemon.url()).getPort(), RawRequest.get("/v1/dead-letters"))
                                        .body())
                        .path("letters");
                Set<String> refused = new TreeSet<>();
                letters.forEach(letter -> {
                    refused.add(letter.path("event").path("key").asText());
                    assertThat(letter.path("error").asText())
                            .as(letter.toString())
                            .isNotBlank();
                    assertThat(letter.toString()).doesNotContain(MARK);
                });

                Findings findings = daemon.oracle().compare(1);
                assertThat(findings.examples()).isEmpty();
                assertThat(findings.differences()).isZero();
                long rows = 2L * (texts().size() + values().size()) + 1;
                long indexed = daemon.index().describe("help").orElseThrow().documents();
                assertThat(indexed + refused.size()).isEqualTo(rows);
                assertThat(daemon.status().state()).isEqualTo("streaming");
            }
        }
    }

    private Daemon start(String url) {
        String name = url.replaceAll(".*/", "");
        return Daemon.start(
                ConfigLoader.parse(
                        """
                        state: %s
                        source: {url: "%s", user: postgres, password: none, slot: %s, publication: %s}
                        collections: {help: {chunking: {strategy: markdown, size: 256}}}
                        mappings:
                          - table: rows
                            collection: help
                            text: |
                              # {{title}}

                              {{body}}
                              {{j}} {{d}} {{ts}} {{tz}} {{f}}
                            metadata: [j, jb, d, ts, tz, n, f, arr]
                            tenant: tenant
                            when: row.title != 'hidden' && (row.ts == null || row.ts != timestamp('2020-01-01T00:00:00Z'))
                        http: {port: 0}
                        """.formatted(folder.resolve("state"), url, name, name), "test.yaml", folder, Map.of()),
                config -> new HashModel().load(2));
    }
}
