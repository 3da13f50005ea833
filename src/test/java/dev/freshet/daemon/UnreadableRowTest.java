package dev.freshet.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.config.ConfigLoader;
import dev.freshet.deadletter.DeadLetters;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** C5, of a row that the database itself cannot read: its text comes from a cast that fails for one value. */
@Timeout(120)
final class UnreadableRowTest {

    @TempDir
    private Path folder;

    private String url = "";

    private void execute(String... statements) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url, "postgres", "");
                var statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private Daemon start() {
        String yaml = """
                state: %s
                source: {url: "%s", user: postgres, password: none, slot: %s, publication: %s}
                mappings:
                  - {table: shares, collection: help, text: "share {{part}}"}
                http: {port: 0}
                """.formatted(folder.resolve("state"), url, url.replaceAll(".*/", ""), url.replaceAll(".*/", ""));
        return Daemon.start(ConfigLoader.parse(yaml, "test.yaml", folder, Map.of()));
    }

    @Test
    void isParkedAndTheOthersGoOn() throws Exception {
        url = SharedDatabase.newDatabase();
        execute(
                "CREATE TYPE part AS (n int)",
                "CREATE FUNCTION text_of(part) RETURNS text LANGUAGE sql AS 'SELECT (100 / ($1).n)::text'",
                "CREATE CAST (part AS text) WITH FUNCTION text_of(part)",
                "CREATE TABLE shares (id int PRIMARY KEY, part part)",
                "INSERT INTO shares SELECT g, ROW(g - 7)::part FROM generate_series(1, 30) AS g");
        try (Daemon daemon = start()) {
            assertThat(daemon.awaitDrained()).isTrue();
            assertThat(documents(daemon)).isEqualTo(29);
            assertThat(daemon.status().deadLetters()).isEqualTo(1);

            execute(
                    "UPDATE shares SET part = ROW(0)::part WHERE id IN (20, 21)",
                    "UPDATE shares SET part = ROW(5)::part" + " WHERE id IN (7, 22)");
            assertThat(daemon.awaitDrained()).isTrue();
            assertThat(documents(daemon)).isEqualTo(30);
            await().until(() -> daemon.status().deadLetters() == 2);
            assertThat(daemon.isAlive()).isTrue();
        }
        assertThat(DeadLetters.read(folder.resolve("state").resolve("dead-letters.jsonl")))
                .allSatisfy(letter -> {
                    assertThat(letter.stage()).isEqualTo("lookup");
                    assertThat(letter.error()).contains("division by zero");
                })
                .extracting(letter -> letter.row())
                .containsExactlyInAnyOrder("20", "21");
    }

    private static long documents(Daemon daemon) {
        return daemon.index().describe("help").orElseThrow().documents();
    }
}
