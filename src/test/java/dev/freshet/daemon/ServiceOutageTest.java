package dev.freshet.daemon;

import static dev.freshet.daemon.Convergence.assertConverged;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freshet.config.ConfigLoader;
import dev.freshet.embed.ServiceDouble;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** C1 and C5 while the embedding service fails, throttles and is away: documents wait, and none is lost or blamed. */
@Timeout(180)
final class ServiceOutageTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    @TempDir
    private Path folder;

    private final ServiceDouble service = new ServiceDouble();

    @AfterEach
    void stop() {
        service.close();
    }

    private Daemon start(String url) {
        String yaml = Playground.configuration(url, url.replaceAll(".*/", ""), folder.resolve("state"))
                + """
                embedding:
                  provider: openai
                  model: some-model
                  remote:
                    baseUrl: %s
                    apiKey: sk-very-secret
                    textsPerRequest: 16
                    timeout: 2s
                    queryTimeout: 1s
                """.formatted(service.openAiUrl());
        return Daemon.start(ConfigLoader.parse(yaml, "test.yaml", folder, Map.of()));
    }

    @Test
    void nothingIsLostWhileTheServiceFails() throws Exception {
        String url = SharedDatabase.newDatabase();
        Playground.create(url);
        try (var playground = new Playground(url, 77)) {
            playground.fillArticles(200);
            Daemon daemon = start(url);
            try {
                var requests = new AtomicInteger();
                service.does(ask -> switch (requests.getAndIncrement()) {
                    case 1, 2, 6, 9, 10 -> ServiceDouble.error(500, "internal");
                    case 3, 8 -> ServiceDouble.error(429, "slow down").with("Retry-After", "1");
                    case 4 -> ServiceDouble.vectors(ask).after(Duration.ofSeconds(5));
                    default -> ServiceDouble.vectors(ask);
                });
                change(playground);
                assertConverged(daemon);
                assertThat(requests).hasValueGreaterThan(10);

                service.stop();
                change(playground);
                await().atMost(Duration.ofSeconds(20)).until(() -> isAway(daemon));
                assertThat(daemon.status().backlog().live()).isPositive();
                assertSearches(daemon);
            } finally {
                long start = System.nanoTime();
                daemon.close();
                assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
            }
            change(playground);
            service.does(ServiceDouble::vectors);
            service.start();
            try (Daemon again = start(url)) {
                assertConverged(again);
            }
        }
    }

    /** An outage under a running daemon ends by itself. */
    @Test
    void whatWaitedIsEmbeddedWhenTheServiceIsBack() throws Exception {
        String url = SharedDatabase.newDatabase();
        Playground.create(url);
        try (var playground = new Playground(url, 78)) {
            try (Daemon daemon = start(url)) {
                service.stop();
                change(playground);
                await().atMost(Duration.ofSeconds(20)).until(() -> isAway(daemon));
                change(playground);
                await().atMost(Duration.ofSeconds(20))
                        .until(() -> daemon.unready().toString().contains("embedding service does not answer"));
                assertThat(daemon.isAlive()).isTrue();
                service.start();
                assertConverged(daemon);
                assertThat(daemon.unready()).isEmpty();
                assertThat(daemon.status().embedding().lastError()).isNull();
                assertThat(daemon.status().embedding().breaker()).isEqualTo("closed");
            }
        }
    }

    private static boolean isAway(Daemon daemon) {
        String error = daemon.status().lastError();
        return error != null && error.contains("cannot be reached");
    }

    private static void change(Playground playground) throws SQLException {
        for (int i = 0; i < 60; i++) {
            playground.change();
        }
    }

    private static void assertSearches(Daemon daemon) throws IOException, InterruptedException {
        HttpResponse<String> dense = get(daemon, "/v1/search?q=never+asked+before&mode=dense");
        assertThat(dense.statusCode()).isEqualTo(503);
        assertThat(dense.headers().firstValue("Retry-After"))
                .hasValueSatisfying(value -> assertThat(Integer.parseInt(value)).isPositive());
        assertThat(dense.body()).contains("cannot be reached").doesNotContain("sk-very-secret");

        HttpResponse<String> lexical = get(daemon, "/v1/search?q=refund1+invoice2+basket3&mode=lexical");
        assertThat(lexical.statusCode()).isEqualTo(200);
        assertThat(JSON.readTree(lexical.body()).path("hits")).isNotEmpty();

        JsonNode status = JSON.readTree(get(daemon, "/v1/status").body()).path("embedding");
        assertThat(status.path("provider").textValue()).isEqualTo("openai");
        assertThat(status.path("requests").longValue()).isPositive();
        assertThat(status.path("lastError").textValue()).contains("cannot be reached");
    }

    private static HttpResponse<String> get(Daemon daemon, String path) throws IOException, InterruptedException {
        return HTTP.send(HttpRequest.newBuilder(URI.create(daemon.url() + path)).build(), BodyHandlers.ofString());
    }
}
