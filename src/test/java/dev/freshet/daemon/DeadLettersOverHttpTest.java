package dev.freshet.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freshet.config.ConfigLoader;
import dev.freshet.embed.HashModel;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Dead letters of a running daemon, as an admin handles them. */
@Timeout(120)
final class DeadLettersOverHttpTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    @TempDir
    private Path folder;

    private final HashModel model = new HashModel();
    private String url = "";

    @BeforeEach
    void createDatabase() throws SQLException {
        url = SharedDatabase.newDatabase();
        execute("CREATE TABLE notes (at timestamptz, place int, body text NOT NULL, PRIMARY KEY (at, place))");
    }

    @AfterEach
    void release() {
        model.slow.release(1_000);
    }

    private Daemon start(String more) {
        String yaml =
                """
                state: %s
                source: {url: "%s", user: postgres, password: none, slot: %s, publication: %s}
                mappings:
                  - {table: notes, collection: help, text: "{{body}}"}
                http: {port: 0}
                %s
                """.formatted(folder.resolve("state"), url, url.replaceAll(".*/", ""), url.replaceAll(".*/", ""), more);
        return Daemon.start(ConfigLoader.parse(yaml, "test.yaml", folder, Map.of()), config -> model.load(2));
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url, "postgres", "");
                var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private void insert(int place, String body) throws SQLException {
        execute("INSERT INTO notes VALUES ('2026-03-01 12:00:00Z', " + place + ", '" + body + "')");
    }

    private static String key(int place) {
        return "2026-03-01T12:00:00Z," + place;
    }

    private static JsonNode get(Daemon daemon, String path) throws IOException, InterruptedException {
        return JSON.readTree(HTTP.send(
                        HttpRequest.newBuilder(URI.create(daemon.url() + path)).build(), BodyHandlers.ofString())
                .body());
    }

    private static HttpResponse<String> post(Daemon daemon, String path, String body)
            throws IOException, InterruptedException {
        return HTTP.send(
                HttpRequest.newBuilder(URI.create(daemon.url() + path))
                        .POST(BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
    }

    private static JsonNode replay(Daemon daemon, String mapping, String key) throws IOException, InterruptedException {
        return JSON.readTree(post(daemon, "/v1/dead-letters/replay", letter(mapping, key))
                        .body())
                .path("results")
                .path(0);
    }

    private static String letter(String mapping, String key) {
        return "{\"letters\": [{\"mapping\": \"%s\", \"key\": \"%s\"}]}".formatted(mapping, key);
    }

    private static long found(Daemon daemon) {
        return daemon.index().describe("help").orElseThrow().documents();
    }

    @Test
    void areListedReplayedAndDiscarded() throws Exception {
        try (Daemon daemon = start("")) {
            assertThat(daemon.awaitDrained()).isTrue();
            insert(1, "good");
            insert(2, HashModel.POISON);
            assertThat(daemon.awaitDrained()).isTrue();
            insert(3, HashModel.POISON + " too");
            insert(4, HashModel.POISON + " as well");
            assertThat(daemon.awaitDrained()).isTrue();

            JsonNode listing = get(daemon, "/v1/dead-letters?stage=embed&limit=2");
            assertThat(listing.path("total").intValue()).isEqualTo(3);
            assertThat(listing.path("matching").intValue()).isEqualTo(3);
            assertThat(listing.path("byStage").path("embed").intValue()).isEqualTo(3);
            assertThat(listing.path("letters")).hasSize(2);
            JsonNode event = listing.path("letters").path(0).path("event");
            assertThat(event.path("key").textValue()).isEqualTo(key(2));
            assertThat(event.path("origin").textValue()).isEqualTo("live");
            assertThat(get(daemon, "/v1/dead-letters?key=nobody").path("letters"))
                    .isEmpty();

            JsonNode failing = replay(daemon, "notes", key(2));
            assertThat(failing.path("outcome").textValue()).isEqualTo("failing");
            assertThat(failing.path("error").textValue()).contains("does not like this text");
            assertThat(get(daemon, "/v1/dead-letters")
                            .path("letters")
                            .path(0)
                            .path("attempts")
                            .intValue())
                    .isEqualTo(2);

            // What the model does not like is not deleted from the database behind the slot's back.
            model.immune = true;
            assertThat(replay(daemon, "notes", key(2)).path("outcome").textValue())
                    .isEqualTo("replayed");
            assertThat(found(daemon)).isEqualTo(2);
            execute("DELETE FROM notes WHERE place = 3");
            assertThat(daemon.awaitDrained()).isTrue();
            assertThat(replay(daemon, "notes", key(3)).path("outcome").textValue())
                    .isEqualTo("unknown");

            assertThat(post(daemon, "/v1/dead-letters/discard", letter("notes", key(4)))
                            .body())
                    .isEqualTo("{\"discarded\":1}");
            assertThat(daemon.status().deadLetters()).isZero();
            assertThat(found(daemon)).isEqualTo(2);
            assertThat(daemon.oracle().compare(1).differences()).isEqualTo(1);
        }
    }

    @Test
    void aReplayNeverBringsBackWhatWasDeleted() throws Exception {
        insert(1, "good");
        insert(2, HashModel.POISON);
        try (Daemon daemon = start("")) {
            assertThat(daemon.awaitDrained()).isTrue();
            assertThat(get(daemon, "/v1/dead-letters")
                            .path("letters")
                            .path(0)
                            .path("event")
                            .path("origin")
                            .textValue())
                    .isEqualTo("backfill");
            model.immune = true;
            // The row goes away unseen: as if its delete had not been captured.
            execute("ALTER PUBLICATION " + url.replaceAll(".*/", "") + " SET (publish = 'insert')");
            execute("DELETE FROM notes WHERE place = 2");

            assertThat(replay(daemon, "notes", key(2)).path("outcome").textValue())
                    .isEqualTo("removed");
            assertThat(daemon.status().deadLetters()).isZero();
            assertThat(found(daemon)).isEqualTo(1);
        }
    }

    @Test
    void areThereAfterAStopAndCanBeReadWithoutADaemon() throws Exception {
        insert(2, HashModel.POISON);
        Path state = folder.resolve("state");
        assertThatThrownBy(() -> LetterDesk.listOffline(state, Map.of(), 10))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("there is no state folder");
        try (Daemon daemon = start("")) {
            assertThat(daemon.awaitDrained()).isTrue();
            assertThatThrownBy(() -> LetterDesk.listOffline(state, Map.of(), 10))
                    .isInstanceOf(StartupException.class)
                    .hasMessageContaining("in use by another Freshet");
        }
        JsonNode listing = LetterDesk.listOffline(state, Map.of("mapping", "notes"), 10);
        assertThat(listing.path("letters").path(0).path("event").path("key").textValue())
                .isEqualTo(key(2));
        assertThat(LetterDesk.listOffline(state, Map.of("mapping", "other"), 10).path("letters"))
                .isEmpty();
        model.immune = true;
        try (Daemon daemon = start("")) {
            assertThat(replay(daemon, "notes", key(2)).path("outcome").textValue())
                    .isEqualTo("replayed");
        }
    }

    @Test
    void whenTheyAreFullTheDaemonHoldsAndSaysSo() throws Exception {
        try (Daemon daemon = start("deadLetters: {max: 4KiB}")) {
            assertThat(daemon.awaitDrained()).isTrue();
            for (int place = 0; place < 20; place++) {
                insert(place, HashModel.POISON + place);
            }
            await().until(() -> daemon.status().state().equals("halted"));
            JsonNode ready = get(daemon, "/readyz");
            assertThat(ready.path("error").textValue())
                    .contains("the dead letters are full", "freshet deadletters list");
            assertThat(get(daemon, "/livez").path("status").textValue()).isEqualTo("ok");
            assertThat(get(daemon, "/v1/status")
                            .path("deadLetterRoom")
                            .path("level")
                            .textValue())
                    .isEqualTo("halted");
            assertThat(daemon.metrics())
                    .contains("freshet_dead_letters_halted 1.0", "freshet_dead_letters_max_bytes 4096");
            insert(30, "good");

            model.immune = true;
            for (int place = 0; place < 20; place++) {
                post(daemon, "/v1/dead-letters/discard", letter("notes", key(place)));
            }
            assertThat(daemon.awaitDrained()).isTrue();
            assertThat(daemon.status().state()).isEqualTo("streaming");
            assertThat(get(daemon, "/readyz").path("status").textValue()).isEqualTo("ok");
            assertThat(found(daemon)).isPositive();
        }
    }

    @Test
    void whatMakesNoSenseIsExplained() throws Exception {
        try (Daemon daemon = start("")) {
            assertThat(get(daemon, "/v1/dead-letters?color=red").path("error").textValue())
                    .contains("there is no parameter 'color'", "olderThanSeconds");
            assertThat(get(daemon, "/v1/dead-letters?limit=many").path("error").textValue())
                    .contains("limit is 'many'");
            for (String body : new String[] {"", "{}", "{\"letters\": [{\"key\": 7}]}", "[", "{\"letters\": 7}"}) {
                HttpResponse<String> answer = post(daemon, "/v1/dead-letters/discard", body);
                assertThat(answer.statusCode()).isEqualTo(400);
                assertThat(answer.body()).contains("error");
            }
        }
    }
}
