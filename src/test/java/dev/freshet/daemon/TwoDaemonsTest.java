package dev.freshet.daemon;

import static dev.freshet.daemon.Convergence.assertConverged;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.bench.StandInModel;
import dev.freshet.config.ConfigLoader;
import dev.freshet.index.qdrant.QdrantDouble;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** C2: two daemons by mistake, as when a state folder was copied, write to one Qdrant from two replication slots. */
final class TwoDaemonsTest {

    @TempDir
    private Path folder;

    private final QdrantDouble server = new QdrantDouble();

    private Daemon start(String url, String slot, String state) {
        // Two engines in one process would wait for each other's names of their meters.
        String config = Playground.configuration(url, slot, folder.resolve(state))
                        .replace(
                                "  backfillChunk:",
                                "  properties: {custom.metric.tags: daemon=%s}\n  backfillChunk:".formatted(state))
                + "index: {type: qdrant, qdrant: {port: " + server.port() + "}}\n";
        return Daemon.start(
                ConfigLoader.parse(config, "test.yaml", folder, Map.of()), any -> new StandInModel().load());
    }

    @Test
    void theyConvergeToWhatTheDatabaseSays() throws Exception {
        String url = SharedDatabase.newDatabase();
        String slot = url.replaceAll(".*/", "");
        Playground.create(url);
        try (var playground = new Playground(url, 5)) {
            playground.fillArticles(100);
            try (Daemon first = start(url, slot, "first")) {
                assertThat(first.awaitDrained()).isTrue();
            }
            copy(folder.resolve("first"), folder.resolve("second"));
            playground.execute("SELECT pg_copy_logical_replication_slot('%s', '%s_2')".formatted(slot, slot));
            try (Daemon first = start(url, slot, "first");
                    Daemon second = start(url, slot + "_2", "second")) {
                for (int i = 0; i < 400; i++) {
                    playground.change();
                }
                assertThat(first.awaitDrained()).isTrue();
                assertConverged(second);
                assertThat(first.status().deadLetters()).isZero();
            }
        } finally {
            server.close();
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> paths = Files.walk(from)) {
            for (Path path : paths.toList()) {
                Path target = to.resolve(from.relativize(path));
                if (Files.isDirectory(path)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(path, target);
                }
            }
        }
    }
}
