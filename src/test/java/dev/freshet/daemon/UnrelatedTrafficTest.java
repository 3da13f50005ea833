package dev.freshet.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.bench.StandInModel;
import dev.freshet.config.ConfigLoader;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Changes of tables that no mapping names do not make the server keep its log for ever. */
class UnrelatedTrafficTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static final String UNRELATED = "CREATE TABLE unrelated (id bigint PRIMARY KEY, filling text)";

    @TempDir
    Path folder;

    private Daemon start(String url, String slot, String settings) {
        String yaml = Playground.configuration(url, slot, folder.resolve("state"))
                .replace("backfillChunk: 64", "backfillChunk: 64\n  heartbeat: 200ms\n  " + settings);
        return Daemon.start(
                ConfigLoader.parse(yaml, "test.yaml", folder, Map.of()), config -> new StandInModel().load());
    }

    @Test
    void theSlotMovesOnWhileOnlyOtherTablesChange() throws Exception {
        String url = SharedDatabase.newDatabase();
        String slot = url.replaceAll(".*/", "");
        Playground.create(url);
        try (var playground = new Playground(url, 1);
                Daemon daemon = start(url, slot, "slotWarning: 1GiB")) {
            assertThat(daemon.awaitDrained()).isTrue();
            playground.execute(UNRELATED);
            for (int round = 0; round < 3; round++) {
                fill(playground, round);
                String end = playground.text("SELECT pg_current_wal_insert_lsn()::text");
                // Of several MB the last few kB may be left, which are not worth a mark.
                await().atMost(PATIENCE)
                        .until(() -> is(
                                playground,
                                "SELECT pg_wal_lsn_diff('%s', confirmed_flush_lsn) < 65536 FROM pg_replication_slots"
                                        + " WHERE slot_name = '%s'",
                                end,
                                slot));
                // The server lets go of the log at the next of the marks that it writes itself, as at a checkpoint.
                await().atMost(PATIENCE).until(() -> {
                    playground.execute("CHECKPOINT");
                    return is(
                            playground,
                            "SELECT pg_wal_lsn_diff('%s', restart_lsn) < 65536 FROM pg_replication_slots"
                                    + " WHERE slot_name = '%s'",
                            end,
                            slot);
                });
            }
        }
    }

    @Test
    void warnsWhileTheServerKeepsTooMuchLog() throws Exception {
        String url = SharedDatabase.newDatabase();
        String slot = url.replaceAll(".*/", "");
        Playground.create(url);
        try (var playground = new Playground(url, 2);
                var open = new Playground(url, 3);
                Daemon daemon = start(url, slot, "slotWarning: 1MiB")) {
            assertThat(daemon.awaitDrained()).isTrue();
            playground.execute(UNRELATED);
            // A transaction that changed something and does not end keeps the log from its beginning on.
            open.execute("BEGIN");
            open.execute("INSERT INTO unrelated VALUES (-1, 'open')");
            fill(playground, 0);
            await().atMost(PATIENCE).until(() -> {
                playground.execute("CHECKPOINT");
                return daemon.status().source().warning() != null;
            });
            assertThat(daemon.status().source().warning()).contains(slot).contains("source.slotWarning (1MiB)");
            assertThat(daemon.unready()).isEmpty();
            assertThat(daemon.degraded())
                    .containsExactly(daemon.status().source().warning());

            open.execute("COMMIT");
            await().atMost(PATIENCE).until(() -> {
                playground.execute("CHECKPOINT");
                return daemon.status().source().warning() == null;
            });
            assertThat(daemon.degraded()).isEmpty();
        }
    }

    /** Many transactions, of several MB of log in all. */
    private static void fill(Playground playground, int round) throws SQLException {
        for (int i = 0; i < 20; i++) {
            int first = round * 10_000 + i * 100;
            playground.execute(
                    "INSERT INTO unrelated SELECT g, repeat(md5(random()::text), 60) FROM generate_series(%d, %d) g"
                            .formatted(first, first + 99));
        }
    }

    private static boolean is(Playground playground, String sql, String... parts) throws SQLException {
        return playground.text(sql.formatted((Object[]) parts)).equals("t");
    }
}
