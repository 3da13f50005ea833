package dev.freshet.daemon;

import static dev.freshet.daemon.Convergence.assertConverged;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.bench.StandInModel;
import dev.freshet.config.ConfigLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Connections to the database that go silent, as when a host behind a firewall is gone, end in no error on our side. */
@Tag("chaos")
@Timeout(300)
final class SilentConnectionTest {

    @TempDir
    private Path folder;

    private ChaosDatabase database;
    private TcpProxy proxy;
    private String name;

    @BeforeEach
    void start() throws Exception {
        database = new ChaosDatabase(Files.createTempDirectory("freshet-silent-postgresql"));
        proxy = new TcpProxy(database.port());
        name = database.create();
    }

    @AfterEach
    void stop() {
        proxy.close();
        database.close();
    }

    @Test
    void captureStartsAgainWhenTheServerHasMissedIt() throws Exception {
        String direct = ChaosDatabase.url(database.port(), name);
        Playground.create(direct);
        String yaml = Playground.configuration(ChaosDatabase.url(proxy.port(), name), name, folder.resolve("state"));
        try (var playground = new Playground(direct, 9);
                Daemon daemon = Daemon.start(
                        ConfigLoader.parse(yaml, "test.yaml", folder, Map.of()), any -> new StandInModel().load())) {
            playground.fillArticles(20);
            assertThat(daemon.awaitDrained()).isTrue();

            proxy.silence();
            await().atMost(Duration.ofSeconds(60)).until(() -> !database.isSlotActive(name));
            proxy.heal();
            playground.fillArticles(40);

            await().atMost(Duration.ofSeconds(60))
                    .until(() -> !daemon.status().source().connected());
            assertThat(daemon.status().lastError()).contains("no longer knows of our connection");
            assertConverged(daemon);
        }
    }
}
