package dev.freshet.daemon;

import static dev.freshet.daemon.Convergence.assertConverged;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.freshet.config.ConfigLoader;
import dev.freshet.config.FreshetConfig;
import dev.freshet.demo.EmbeddedDatabase;
import dev.freshet.embed.HashModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** C1 and C4 where the log does not go on at the checkpoint: noticed, said, and mended by reading every row again. */
@Timeout(180)
final class ResyncTest {

    @TempDir
    private Path folder;

    private final HashModel model = new HashModel();

    private FreshetConfig config(String url, String state) {
        String yaml = Playground.configuration(url, slot(url), folder.resolve(state))
                + "index: {path: \"%s\"}\n".formatted(folder.resolve("index"));
        return ConfigLoader.parse(yaml, "test.yaml", folder, Map.of());
    }

    private static String slot(String url) {
        return url.replaceAll(".*/", "slot_");
    }

    private Daemon start(FreshetConfig config) {
        return Daemon.start(config, ignored -> model.load(2));
    }

    private static void resync(FreshetConfig config) {
        try (Resync resync = Resync.open(config)) {
            resync.run();
        }
    }

    private void assertRefused(FreshetConfig config, String... why) {
        assertThatThrownBy(() -> start(config))
                .isInstanceOf(StartupException.class)
                .hasMessageContainingAll(why)
                .hasMessageContaining("freshet resync --config");
    }

    private static void change(Playground playground) throws SQLException {
        for (int i = 0; i < 40; i++) {
            playground.change();
        }
        playground.execute("DELETE FROM articles WHERE id % 7 = 3");
    }

    private static void dropSlot(Playground playground, String slot) throws SQLException {
        playground.execute("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = '"
                + slot + "' AND active");
        await().until(() -> {
            try {
                playground.execute("SELECT pg_drop_replication_slot('" + slot + "')");
                return true;
            } catch (SQLException e) {
                return false;
            }
        });
    }

    /** Rows that did not change are not embedded again, and those that are gone leave the index. */
    @Test
    void aSlotThatIsGoneOrWasCreatedAnewIsNoticed() throws Exception {
        String url = SharedDatabase.newDatabase();
        Playground.create(url);
        FreshetConfig config = config(url, "state");
        try (var playground = new Playground(url, 5)) {
            playground.fillArticles(150);
            try (Daemon daemon = start(config)) {
                assertConverged(daemon);
            }
            change(playground);
            dropSlot(playground, slot(url));
            assertRefused(config, "replication slot " + slot(url) + " is gone");

            playground.execute("SELECT pg_create_logical_replication_slot('" + slot(url) + "', 'pgoutput')");
            assertRefused(config, "ahead of the checkpoint", "created anew");

            resync(config);
            List<String> before = model.asked();
            try (Daemon daemon = start(config)) {
                change(playground);
                assertThat(daemon.awaitDrained()).isTrue();
                List<String> after = model.asked();
                assertThat(after.subList(before.size(), after.size()))
                        .isNotEmpty()
                        .doesNotContainAnyElementsOf(before);
                assertConverged(daemon);
                assertThat(daemon.status().backfills())
                        .allMatch(each -> each.state().equals("complete"));
            }
            // And it goes on from there as always.
            change(playground);
            try (Daemon daemon = start(config)) {
                assertConverged(daemon);
            }
        }
    }

    @Test
    void aSlotThatVanishesUnderARunningDaemonIsSaid() throws Exception {
        String url = SharedDatabase.newDatabase();
        Playground.create(url);
        FreshetConfig config = config(url, "state");
        try (var playground = new Playground(url, 6)) {
            playground.fillArticles(10);
            try (Daemon daemon = start(config)) {
                assertConverged(daemon);
                dropSlot(playground, slot(url));
                await().atMost(Duration.ofSeconds(60))
                        .until(() -> String.valueOf(daemon.status().lastError()).contains("freshet resync"));
                assertThat(daemon.status().state()).isEqualTo("waiting");
                assertThat(daemon.unready()).isNotEmpty();
                assertThat(daemon.isAlive()).isTrue();
            }
        }
    }

    @Test
    void aCheckpointThatIsDamagedOrLostIsNoticed() throws Exception {
        String url = SharedDatabase.newDatabase();
        Playground.create(url);
        FreshetConfig config = config(url, "state");
        Path offsets = folder.resolve("state").resolve("offsets");
        try (var playground = new Playground(url, 7)) {
            playground.fillArticles(30);
            try (Daemon daemon = start(config)) {
                assertConverged(daemon);
            }
            change(playground);
            byte[] bytes = Files.readAllBytes(offsets);
            Files.write(offsets, Arrays.copyOf(bytes, bytes.length / 2));
            assertRefused(config, "damaged");
            Files.delete(offsets);
            assertRefused(config, "is missing");

            resync(config);
            try (Daemon daemon = start(config)) {
                assertConverged(daemon);
            }
            // The whole folder, and the index stays.
            change(playground);
            FreshetConfig elsewhere = config(url, "elsewhere");
            dropSlot(playground, slot(url));
            assertRefused(elsewhere, "there is no checkpoint");
            resync(elsewhere);
            try (Daemon daemon = start(elsewhere)) {
                assertConverged(daemon);
            }
        }
    }

    /** What a publication left out for a while is not in the log; a reindex finds it all the same. */
    @Test
    void aReindexRemovesWhatIsGone() throws Exception {
        String url = SharedDatabase.newDatabase();
        Playground.create(url);
        try (var playground = new Playground(url, 8)) {
            playground.fillArticles(40);
            try (Daemon daemon = start(config(url, "state"))) {
                assertConverged(daemon);
                playground.execute("ALTER PUBLICATION " + slot(url) + " DROP TABLE articles");
                playground.execute("DELETE FROM articles WHERE id % 2 = 0");
                playground.execute("ALTER PUBLICATION " + slot(url) + " ADD TABLE articles");
                assertThat(daemon.awaitDrained()).isTrue();
                assertThat(daemon.oracle().compare(1).differences()).isPositive();

                daemon.reindex("help", "articles");
                assertConverged(daemon);
            }
        }
    }

    /** A backup that was restored: another history of the same server, which has passed the checkpoint by now. */
    @Test
    void aServerThatWasRestoredIsNoticedAndItsLowerPlacesInTheLogAreNewer() throws Exception {
        Path data = folder.resolve("data");
        String url;
        FreshetConfig config;
        try (var server = EmbeddedDatabase.start(data, 0)) {
            url = server.jdbcUrl();
            Playground.create(url);
            config = config(url, "state");
            try (var playground = new Playground(url, 9);
                    Daemon daemon = start(config)) {
                playground.fillArticles(20);
                assertConverged(daemon);
            }
        }
        Path backup = folder.resolve("backup");
        copy(data, backup);
        int port = Integer.parseInt(url.replaceAll(".*:(\\d+)/.*", "$1"));
        try (var server = startAgain(data, port);
                var playground = new Playground(url, 10)) {
            change(playground);
            try (Daemon daemon = start(config)) {
                assertConverged(daemon);
            }
        }
        remove(data);
        copy(backup, data);
        try (var server = startAgain(data, port)) {
            assertRefused(config, "the server's log ends at", "before the checkpoint");
        }
        restore(data);
        try (var server = startAgain(data, port);
                var playground = new Playground(url, 11)) {
            playground.fillArticles(500);
            assertRefused(config, "went from timeline 1 to 2 before the checkpoint");
            resync(config);
            try (Daemon daemon = start(config)) {
                change(playground);
                assertConverged(daemon);
            }
        }
        // A promotion behind the checkpoint loses nothing.
        restore(data);
        try (var server = startAgain(data, port);
                var playground = new Playground(url, 12)) {
            change(playground);
            try (Daemon daemon = start(config)) {
                assertConverged(daemon);
            }
        }
    }

    private static EmbeddedDatabase startAgain(Path data, int port) {
        EmbeddedDatabase server = EmbeddedDatabase.start(data, port);
        assertThat(server.port()).isEqualTo(port);
        await().ignoreExceptions().until(() -> {
            try (Connection connection = DriverManager.getConnection(server.jdbcUrl(), "postgres", "");
                    var statement = connection.createStatement();
                    ResultSet recovering = statement.executeQuery("SELECT pg_is_in_recovery()")) {
                return recovering.next() && !recovering.getBoolean(1);
            }
        });
        return server;
    }

    /** As an operator does: what the server reads at its start as the end of an archive begins another timeline. */
    private static void restore(Path data) throws IOException {
        Files.writeString(
                data.resolve("postgresql.auto.conf"), "restore_command = 'false'\n", StandardOpenOption.APPEND);
        Files.createFile(data.resolve("recovery.signal"));
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file)), StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
    }

    private static void remove(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
