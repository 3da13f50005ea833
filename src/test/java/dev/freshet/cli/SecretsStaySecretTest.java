package dev.freshet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.AppenderBase;
import dev.freshet.config.ConfigLoader;
import dev.freshet.daemon.Daemon;
import dev.freshet.embed.ServiceDouble;
import dev.freshet.index.qdrant.QdrantDouble;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/**
 * A daemon full of secrets, of which one after the other is refused: none is in what it logs, answers, keeps or prints.
 * The services of the test repeat the keys they were sent in their complaints, as some do.
 */
@Timeout(240)
final class SecretsStaySecretTest {

    private static final String MARK = "51c9e0f3";
    private static final String PASSWORD = "database-" + MARK;
    private static final String PROPERTY = "property-" + MARK;
    private static final String QDRANT_KEY = "qdrant-" + MARK;
    private static final String OPENAI_KEY = "openai-" + MARK;
    private static final String HEADER = "header-" + MARK;
    private static final String TOKEN = "the-token-of-all-" + MARK;
    private static final String TENANT_TOKEN = "the-token-of-acme-" + MARK;

    private static final HttpClient HTTP = HttpClient.newHttpClient();

    @TempDir
    private Path folder;

    private final Queue<String> told = new ConcurrentLinkedQueue<>();
    private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    private final Level levelBefore = root.getLevel();
    private final AppenderBase<ILoggingEvent> log = new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
            told.add(event.getFormattedMessage());
            if (event.getThrowableProxy() != null) {
                told.add(ThrowableProxyUtil.asString(event.getThrowableProxy()));
            }
        }
    };

    private final PlainServer database =
            PlainServer.start(Map.of("wal_level", "logical", "max_replication_slots", "4", "max_wal_senders", "4"));
    private final QdrantDouble qdrant = new QdrantDouble().apiKey(QDRANT_KEY);
    private final ServiceDouble service = new ServiceDouble();
    private Path configuration = Path.of("");
    private Path tokenFile = Path.of("");

    @BeforeEach
    void prepare() throws IOException {
        log.start();
        root.addAppender(log);
        root.setLevel(Level.INFO);
        database.execute(
                "postgres", "CREATE ROLE freshet LOGIN REPLICATION PASSWORD '" + PASSWORD + "'", "CREATE DATABASE app");
        database.execute(
                "app",
                "CREATE TABLE articles (id bigint PRIMARY KEY, body text NOT NULL)",
                "INSERT INTO articles VALUES (1, 'A refund takes a week.')",
                "CREATE PUBLICATION freshet FOR TABLE articles WITH (publish_via_partition_root = true)",
                "GRANT SELECT ON articles TO freshet");
        tokenFile = Files.writeString(folder.resolve("token"), TOKEN + "\n");
        configuration = Files.writeString(folder.resolve("freshet.yaml"), """
                state: %s
                source:
                  url: %s
                  user: freshet
                  password: %s
                  heartbeat: 1s
                  properties: {database.sslpassword: %s}
                embedding:
                  provider: openai
                  model: some-model
                  remote: {baseUrl: "%s", apiKey: %s, headers: {X-Gateway: %s}, timeout: 5s}
                index:
                  type: qdrant
                  qdrant: {host: localhost, port: %d, apiKey: %s}
                mappings:
                  - {table: articles, collection: help, text: "{{body}}"}
                http:
                  port: 0
                  token: file:%s
                  tenantTokens: [{token: %s, tenant: acme}]
                """.formatted(
                        folder.resolve("state"),
                        database.url("app"),
                        PASSWORD,
                        PROPERTY,
                        service.openAiUrl(),
                        OPENAI_KEY,
                        HEADER,
                        qdrant.port(),
                        QDRANT_KEY,
                        tokenFile,
                        TENANT_TOKEN));
    }

    @AfterEach
    void stop() {
        root.detachAppender(log);
        root.setLevel(levelBefore);
        service.close();
        qdrant.close();
        database.close();
    }

    private void run(String... arguments) {
        Terminal.Session session = Terminal.run(arguments);
        told.add(session.out());
        told.add(session.err());
    }

    private void refuseDatabase(boolean refuse) {
        database.execute(
                "postgres",
                "ALTER ROLE freshet PASSWORD '" + (refuse ? "another" : PASSWORD) + "'",
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'freshet'");
    }

    private void refuseKey() {
        service.does(ask -> ServiceDouble.error(
                401,
                "Incorrect API key provided: " + OPENAI_KEY + " with "
                        + ask.headers().getFirst("X-Gateway")));
    }

    private String told() {
        return String.join("\n", told);
    }

    private void assertNothingTold() {
        // By the part that all have in common, so that a piece of one is found too.
        String all = told();
        int at = all.indexOf(MARK);
        assertThat(at)
                .as(() -> "told: " + all.substring(Math.max(0, at - 300), Math.min(all.length(), at + 100)))
                .isNegative();
    }

    @Test
    void commandsThatAreRefusedTellNone() {
        String config = configuration.toString();
        run("config", "show", "--config", config);
        run("config", "check", "--config", config);
        assertThat(told()).contains("***", "apiKey: ", "X-Gateway: ", "sslpassword: ", "tenant: acme");

        refuseDatabase(true);
        run("doctor", "--config", config);
        run("run", "--config", config);
        run("preview", "articles", "--config", config);
        assertThat(told()).contains("refuses the password of user freshet");
        refuseDatabase(false);

        refuseKey();
        run("doctor", "--config", config);
        run("run", "--config", config);
        assertThat(told()).contains("HTTP 401", "Incorrect API key provided: ***");
        service.does(ServiceDouble::vectors);

        qdrant.apiKey("another");
        run("doctor", "--config", config);
        assertThat(told()).containsIgnoringCase("index.qdrant.apiKey");
        assertNothingTold();
    }

    private HttpResponse<String> get(Daemon daemon, String path, String token) {
        try {
            HttpResponse<String> response = HTTP.send(
                    HttpRequest.newBuilder(URI.create(daemon.url() + path))
                            .header("Authorization", "Bearer " + token)
                            .build(),
                    BodyHandlers.ofString());
            told.add(response.headers().map().toString());
            told.add(response.body());
            return response;
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(path, e);
        }
    }

    private void ask(Daemon daemon) {
        for (String path : new String[] {
            "/v1/status",
            "/metrics",
            "/v1/dead-letters",
            "/readyz",
            "/livez",
            "/v1/search?q=refund",
            "/v1/nothing",
            "/v1/search?q=refund&mode=lexical",
            "/v1/search?q=x&filter=" + URLEncoder.encode("a=", StandardCharsets.UTF_8)
        }) {
            get(daemon, path, TOKEN);
            get(daemon, path, TENANT_TOKEN);
            get(daemon, path, "no-token-at-all-0123");
        }
        run("status", "--url", daemon.url(), "--token-file", tokenFile.toString());
        run("status", "--url", daemon.url());
        run("deadletters", "list", "--url", daemon.url(), "--token-file", tokenFile.toString());
        run("search", "refund", "--url", daemon.url(), "--token-file", tokenFile.toString());
    }

    private static String lastError(Daemon daemon) {
        return String.valueOf(daemon.status().lastError());
    }

    private void insert(int id, String body) {
        database.execute("app", "INSERT INTO articles VALUES (" + id + ", '" + body + "')");
    }

    @Test
    void aDaemonThatIsRefusedTellsNone() throws Exception {
        try (Daemon daemon = Daemon.start(ConfigLoader.load(configuration, Map.of()))) {
            assertThat(daemon.awaitDrained()).isTrue();
            ask(daemon);
            assertThat(told())
                    .contains("\"collection\":\"help\"", "this token may only search", "there is no such token");

            Function<ServiceDouble.Ask, ServiceDouble.Answer> dislikes =
                    ask -> ask.texts().stream().anyMatch(text -> text.contains("poison"))
                            ? ServiceDouble.error(400, "not with " + OPENAI_KEY + " and " + HEADER)
                            : ServiceDouble.vectors(ask);
            service.does(dislikes);
            insert(2, "poison");
            insert(3, "no harm");
            await().atMost(Duration.ofSeconds(30)).until(() -> daemon.status().deadLetters() == 1);
            ask(daemon);
            assertThat(told()).contains("not with *** and ***");

            refuseKey();
            insert(4, "later");
            await().atMost(Duration.ofSeconds(30)).until(() -> lastError(daemon).contains("HTTP 401"));
            ask(daemon);

            service.does(ServiceDouble::vectors);
            qdrant.apiKey("another");
            insert(5, "later still");
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> get(daemon, "/v1/status", TOKEN).body().contains("Qdrant"));
            ask(daemon);
            qdrant.apiKey(QDRANT_KEY);

            refuseDatabase(true);
            // Debezium tries for a while before it gives up, and says so itself.
            await().atMost(Duration.ofSeconds(90)).until(() -> told().contains("password authentication failed"));
            ask(daemon);
        }
        try (Stream<Path> files = Files.walk(folder.resolve("state"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                told.add(Files.readString(file, StandardCharsets.ISO_8859_1));
            }
        }
        assertNothingTold();
    }
}
