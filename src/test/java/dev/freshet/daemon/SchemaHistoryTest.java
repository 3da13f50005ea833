package dev.freshet.daemon;

import static dev.freshet.daemon.Convergence.assertConverged;
import static org.awaitility.Awaitility.await;

import dev.freshet.bench.StandInModel;
import dev.freshet.config.ConfigLoader;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** C1 after random histories of changes and alterations, with restarts in between. */
class SchemaHistoryTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final int KEYS = 30;

    @TempDir
    Path folder;

    private Daemon start(String url) {
        String yaml = """
                state: %s
                source: {url: '%s', user: postgres, password: none, slot: %s, publication: %s, backfillChunk: 7}
                mappings:
                  - {name: whole, table: public.items, collection: all, text: "{{title}} {{note}}", metadata: [rank]}
                  - {name: titles, table: public.items, collection: all, text: "{{title}}"}
                  - {name: ranked, table: public.items, collection: all, text: "{{note}}", when: row.rank > 2}
                  - {table: public.others, collection: all, text: "{{body}}"}
                http: {port: 0}
                """.formatted(folder.resolve("state"), url, url.replaceAll(".*/", ""), url.replaceAll(".*/", ""));
        return Daemon.start(
                ConfigLoader.parse(yaml, "test.yaml", folder, Map.of()), config -> new StandInModel().load());
    }

    /** Seeds that once failed stay here. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void anyHistoryConverges(long seed) throws Exception {
        String url = SharedDatabase.newDatabase();
        var random = new SplittableRandom(seed);
        try (var database = new Playground(url, seed)) {
            database.execute("CREATE TABLE items (id bigint PRIMARY KEY, title text, note text, rank int);"
                    + "ALTER TABLE items ALTER COLUMN note SET STORAGE EXTERNAL;"
                    + "CREATE TABLE others (id bigint PRIMARY KEY, body text)");
            for (int i = 0; i < KEYS; i++) {
                change(database, random);
            }
            Daemon daemon = start(url);
            try {
                for (int round = 0; round < 12; round++) {
                    alter(database, random);
                    for (int i = random.nextInt(25); i > 0; i--) {
                        change(database, random);
                    }
                    if (random.nextInt(4) == 0) {
                        daemon.close();
                        change(database, random);
                        if (random.nextBoolean()) {
                            alter(database, random);
                        }
                        daemon = start(url);
                    }
                }
                mend(database);
                awaitConverged(daemon);
            } finally {
                daemon.close();
            }
        }
    }

    /** Altered tables are looked at from time to time, so that it may take a while. */
    private static void awaitConverged(Daemon daemon) throws Exception {
        await().atMost(PATIENCE)
                .until(() -> daemon.status().paused().isEmpty()
                        && daemon.awaitDrained()
                        && daemon.oracle().compare(1).differences() == 0);
        assertConverged(daemon);
    }

    private static boolean has(Playground database, String column) throws SQLException {
        return database.text(
                        "SELECT EXISTS (SELECT FROM information_schema.columns WHERE table_name = 'items' AND column_name"
                                + " = '" + column + "')")
                .equals("t");
    }

    private static void change(Playground database, SplittableRandom random) throws SQLException {
        int key = random.nextInt(KEYS);
        String note = has(database, "note") ? "note" : has(database, "remark") ? "remark" : "title";
        switch (random.nextInt(10)) {
            case 0, 1, 2 ->
                database.execute("INSERT INTO items (id, title) VALUES (%d, 'title %d') ON CONFLICT (id) DO NOTHING"
                        .formatted(key, random.nextInt(1_000)));
            case 3, 4 ->
                database.execute("UPDATE items SET %s = repeat('words %d ', 400) WHERE id = %d"
                        .formatted(note, random.nextInt(1_000), key));
            case 5 ->
                database.execute(
                        "UPDATE items SET title = 'title %d' WHERE id = %d".formatted(random.nextInt(1_000), key));
            case 6 -> database.execute("DELETE FROM items WHERE id = " + key);
            case 7 ->
                database.execute(
                        "UPDATE items SET id = %d WHERE id = %d AND NOT EXISTS (SELECT FROM items WHERE id = %d)"
                                .formatted(key + 1, key, key + 1));
            case 8 -> {
                if (has(database, "rank")) {
                    database.execute("UPDATE items SET rank = 5 - id %% 5 WHERE id = %d".formatted(key));
                }
            }
            default -> {
                database.execute(
                        "INSERT INTO others VALUES (%d, 'body %d') ON CONFLICT (id) DO UPDATE SET body = excluded.body"
                                .formatted(key, random.nextInt(1_000)));
                if (random.nextInt(15) == 0) {
                    database.execute("TRUNCATE items");
                }
            }
        }
    }

    private static void alter(Playground database, SplittableRandom random) throws SQLException {
        switch (random.nextInt(7)) {
            case 0 -> database.execute("ALTER TABLE items DROP COLUMN IF EXISTS note");
            case 1 -> database.execute("ALTER TABLE items DROP COLUMN IF EXISTS rank");
            case 2 -> {
                if (has(database, "note") && !has(database, "remark")) {
                    database.execute("ALTER TABLE items RENAME COLUMN note TO remark");
                }
            }
            case 3 -> mend(database);
            case 4 -> {
                if (has(database, "rank")) {
                    List<String> types = List.of("bigint", "numeric(6, 2)", "float8", "text");
                    String type = types.get(random.nextInt(types.size()));
                    database.execute(
                            "ALTER TABLE items ALTER COLUMN rank TYPE %s USING rank::%s".formatted(type, type));
                }
            }
            case 5 -> database.execute("ALTER TABLE items ADD COLUMN IF NOT EXISTS more text DEFAULT 'more'");
            default ->
                database.execute("CREATE TABLE next (LIKE items INCLUDING ALL); INSERT INTO next SELECT * FROM items"
                        + " WHERE id <> 3; DROP TABLE items; ALTER TABLE next RENAME TO items");
        }
    }

    /** What all mappings take. */
    private static void mend(Playground database) throws SQLException {
        if (has(database, "remark") && !has(database, "note")) {
            database.execute("ALTER TABLE items RENAME COLUMN remark TO note");
        }
        database.execute("ALTER TABLE items ADD COLUMN IF NOT EXISTS note text DEFAULT 'a note that is back'");
        database.execute("ALTER TABLE items ADD COLUMN IF NOT EXISTS rank int DEFAULT 3");
        database.execute(
                "ALTER TABLE items ALTER COLUMN rank DROP DEFAULT, ALTER COLUMN rank TYPE int USING rank::numeric::int");
        database.execute("UPDATE items SET rank = 1 WHERE rank IS NULL");
    }
}
