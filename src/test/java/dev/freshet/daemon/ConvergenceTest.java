package dev.freshet.daemon;

import static dev.freshet.daemon.Convergence.assertConverged;

import dev.freshet.bench.StandInModel;
import dev.freshet.config.ConfigLoader;
import java.nio.file.Path;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** C1: after any history the index equals a build from scratch of the current rows. */
class ConvergenceTest {

    @TempDir
    Path folder;

    private Daemon start(String url) {
        return Daemon.start(
                ConfigLoader.parse(
                        Playground.configuration(url, url.replaceAll(".*/", ""), folder.resolve("state")),
                        "test.yaml",
                        folder,
                        Map.of()),
                config -> new StandInModel().load());
    }

    /** Histories of changes with restarts and reindexing in between; seeds that once failed stay here. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void anyHistoryConverges(long seed) throws Exception {
        String url = SharedDatabase.newDatabase();
        Playground.create(url);
        var random = new SplittableRandom(seed);
        try (var playground = new Playground(url, seed)) {
            playground.fillArticles(200);
            Daemon daemon = start(url);
            try {
                for (int round = 0; round < 4; round++) {
                    int changes = random.nextInt(60, 160);
                    for (int i = 0; i < changes; i++) {
                        playground.change();
                        if (random.nextInt(120) == 0) {
                            daemon.reindex(random.nextBoolean() ? "help" : "manuals", null);
                        }
                    }
                    if (round < 3 && random.nextInt(3) > 0) {
                        daemon.close();
                        for (int i = 0; i < 20; i++) {
                            playground.change();
                        }
                        daemon = start(url);
                    }
                    assertConverged(daemon);
                }
            } finally {
                daemon.close();
            }
        }
    }

    @Test
    void changesDuringBackfillConverge() throws Exception {
        String url = SharedDatabase.newDatabase();
        Playground.create(url);
        try (var playground = new Playground(url, 42)) {
            playground.fillArticles(3_000);
            try (Daemon daemon = start(url)) {
                for (int i = 0; i < 300; i++) {
                    playground.change();
                    playground.execute("UPDATE articles SET views = views + 1, title = title || '+' WHERE id = "
                            + (1_000 + i * 10));
                }
                playground.execute("DELETE FROM articles WHERE id > 3900");
                assertConverged(daemon);
            }
        }
    }

    @Test
    void truncateDuringBackfillConverges() throws Exception {
        String url = SharedDatabase.newDatabase();
        Playground.create(url);
        try (var playground = new Playground(url, 43)) {
            playground.fillArticles(2_000);
            try (Daemon daemon = start(url)) {
                playground.execute("TRUNCATE articles");
                playground.fillArticles(50);
                assertConverged(daemon);
            }
        }
    }
}
