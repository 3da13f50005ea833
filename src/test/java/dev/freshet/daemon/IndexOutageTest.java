package dev.freshet.daemon;

import static dev.freshet.daemon.Convergence.assertConverged;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.config.ConfigLoader;
import dev.freshet.embed.HashModel;
import dev.freshet.index.qdrant.QdrantDouble;
import dev.freshet.pipeline.GuardStatus;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** While the index is away changes wait, everybody is told, and no text is embedded twice. */
@Timeout(120)
final class IndexOutageTest {

    @TempDir
    private Path folder;

    private final QdrantDouble server = new QdrantDouble();
    private final HashModel model = new HashModel();

    private static GuardStatus index(Daemon daemon) {
        return daemon.status().guards().stream()
                .filter(guard -> guard.name().equals("index"))
                .findFirst()
                .orElseThrow();
    }

    private static HttpResponse<String> get(Daemon daemon, String path) throws Exception {
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(URI.create(daemon.url() + path)).build(), BodyHandlers.ofString());
    }

    @Test
    void changesWaitAndStatusAnswers() throws Exception {
        String url = SharedDatabase.newDatabase();
        Playground.create(url);
        String yaml = Playground.configuration(url, url.replaceAll(".*/", ""), folder.resolve("state"))
                + "index: {type: qdrant, qdrant: {port: " + server.port() + "}}\n";
        try (var playground = new Playground(url, 21);
                Daemon daemon =
                        Daemon.start(ConfigLoader.parse(yaml, "test.yaml", folder, Map.of()), any -> model.load(2))) {
            playground.fillArticles(50);
            assertThat(daemon.awaitDrained()).isTrue();
            Map<String, Status.Collection> collections = daemon.status().collections();
            assertThat(collections).containsOnlyKeys("help", "manuals");
            List<String> before = model.asked();

            server.stop();
            playground.execute("UPDATE articles SET body = body || ' while it was away'");
            await().atMost(Duration.ofSeconds(30)).until(() -> index(daemon).isAway());

            assertThat(index(daemon).lastError()).contains("Qdrant");
            assertThat(daemon.status().collections()).isEqualTo(collections);
            assertThat(get(daemon, "/v1/status").statusCode()).isEqualTo(200);
            HttpResponse<String> ready = get(daemon, "/readyz");
            assertThat(ready.statusCode()).isEqualTo(503);
            assertThat(ready.body()).contains("the index does not answer");
            assertThat(get(daemon, "/metrics").body()).contains("freshet_index_breaker_open 1.0");
            assertThat(get(daemon, "/livez").statusCode()).isEqualTo(200);

            server.startAgain();
            assertThat(daemon.awaitDrained()).isTrue();
            List<String> asked =
                    model.asked().subList(before.size(), model.asked().size());
            assertThat(new HashSet<>(asked)).hasSameSizeAs(asked);
            assertConverged(daemon);
            assertThat(index(daemon)).isEqualTo(new GuardStatus("index", "closed", null));
            assertThat(get(daemon, "/readyz").statusCode()).isEqualTo(200);
        } finally {
            server.close();
        }
    }
}
