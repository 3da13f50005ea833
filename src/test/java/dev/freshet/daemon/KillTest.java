package dev.freshet.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.bench.StandInModel;
import dev.freshet.config.ConfigLoader;
import dev.freshet.index.qdrant.QdrantDouble;
import dev.freshet.reconcile.Oracle.Findings;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * C4: a daemon that is killed (SIGKILL) again and again, at random moments, under load and inside its backfill, ends up
 * with the index that the rows say.
 */
class KillTest {

    private static final int KILLS = 20;
    private static final long SEED = 20_261_123L;

    @TempDir
    Path folder;

    @Test
    void nothingIsLostOverTwentyKills() throws Exception {
        survives(KILLS, "");
    }

    /** Against a double of the server, which is not killed. The short histories begin with such a kill as well. */
    @Test
    @Tag("chaos")
    void nothingIsLostInQdrantEither() throws Exception {
        try (var server = new QdrantDouble()) {
            survives(8, "index: {type: qdrant, qdrant: {port: " + server.port() + "}}\n");
        }
    }

    private void survives(int kills, String index) throws Exception {
        String url = SharedDatabase.newDatabase();
        Playground.create(url);
        Path configuration = folder.resolve("freshet.yaml");
        Files.writeString(
                configuration,
                Playground.configuration(url, url.replaceAll(".*/", ""), folder.resolve("state")) + index);
        var random = new SplittableRandom(SEED);
        try (var playground = new Playground(url, SEED)) {
            playground.fillArticles(6_000);
        }
        try (var load = new Load(url)) {
            for (int kill = 0; kill < kills; kill++) {
                Process process = start(configuration);
                // Some die while they start, most after they have caught up with some of the load.
                LockSupport.parkNanos(
                        Duration.ofMillis(random.nextLong(0, 2_500)).toNanos());
                assertThat(process.isAlive())
                        .as("killed by us, not by an error")
                        .isTrue();
                process.destroyForcibly().waitFor();
            }
            load.close();
            assertThat(load.failure()).isNull();
        }
        try (Daemon daemon =
                Daemon.start(ConfigLoader.load(configuration, Map.of()), config -> new StandInModel().load())) {
            assertThat(daemon.awaitDrained()).isTrue();
            Findings findings = daemon.oracle().compare(1);
            assertThat(findings.examples()).isEmpty();
            assertThat(findings.documents()).isGreaterThan(6_000);
            assertThat(daemon.status().deadLetters()).isZero();
        }
    }

    /** Returns when the daemon answers. */
    private Process start(Path configuration) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        KilledDaemon.class.getName(),
                        configuration.toString())
                .redirectErrorStream(true)
                .start();
        var output = new StringBuilder();
        BufferedReader reader = process.inputReader();
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
            output.append(line).append('\n');
            if (line.startsWith("URL ")) {
                drain(reader);
                return process;
            }
        }
        throw new AssertionError("the daemon ended with status " + process.waitFor() + ":\n" + output);
    }

    private static void drain(BufferedReader reader) {
        Thread.ofVirtual().start(() -> {
            try {
                while (reader.readLine() != null) {
                    Thread.onSpinWait();
                }
            } catch (IOException e) {
                // The process was killed, which ends its output.
                assertThat(e).isNotNull();
            }
        });
    }

    /** Changes the tables all the time until it is closed. */
    private static final class Load implements AutoCloseable {
        private final AtomicBoolean stopping = new AtomicBoolean();
        private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
        private final List<Thread> threads;

        Load(String url) {
            threads = List.of(start(url, 1));
        }

        private Thread start(String url, long seed) {
            return Thread.ofPlatform().start(() -> {
                try (var playground = new Playground(url, seed)) {
                    while (!stopping.get()) {
                        playground.change();
                        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
                    }
                } catch (SQLException e) {
                    failure.set(e);
                }
            });
        }

        @Nullable Exception failure() {
            return failure.get();
        }

        @Override
        public void close() throws InterruptedException {
            stopping.set(true);
            for (Thread thread : threads) {
                thread.join();
            }
        }
    }
}
