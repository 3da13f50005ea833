package dev.freshet.daemon;

import static dev.freshet.daemon.Convergence.assertConverged;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freshet.bench.StandInModel;
import dev.freshet.config.ConfigLoader;
import dev.freshet.config.FreshetConfig;
import dev.freshet.diagnosis.Problem;
import dev.freshet.index.StoredChunk;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tables are altered while Freshet runs, and while it does not. */
class SchemaChangesTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final ObjectMapper JSON = new ObjectMapper();

    private static final String INSERT = "INSERT INTO articles (id, title, body, tenant) VALUES (%d, '%s', '%s', 't1')";

    @TempDir
    Path folder;

    private String url = "";
    private Playground playground;

    SchemaChangesTest() throws SQLException {
        url = SharedDatabase.newDatabase();
        Playground.create(url);
        playground = new Playground(url, 7);
    }

    @BeforeEach
    void fill() throws SQLException {
        playground.fillArticles(100);
        playground.execute("INSERT INTO comments VALUES (1000, 1, 'ann', 'a comment', 'published')");
        playground.execute("INSERT INTO manuals VALUES ('guide', repeat('how to make tea. ', 300), 0)");
    }

    @AfterEach
    void close() throws SQLException {
        playground.close();
    }

    private FreshetConfig config(UnaryOperator<String> change) {
        String yaml = Playground.configuration(url, url.replaceAll(".*/", ""), folder.resolve("state"));
        return ConfigLoader.parse(change.apply(yaml), "test.yaml", folder, Map.of());
    }

    private Daemon start(UnaryOperator<String> change) {
        return Daemon.start(config(change), config -> new StandInModel().load());
    }

    private Daemon started() throws InterruptedException {
        Daemon daemon = start(yaml -> yaml);
        assertConverged(daemon);
        return daemon;
    }

    private static List<String> paused(Daemon daemon) {
        return daemon.status().paused().stream()
                .map(Status.PausedMapping::mapping)
                .toList();
    }

    private static void awaitPaused(Daemon daemon, String... mappings) {
        await().atMost(PATIENCE).until(() -> paused(daemon).equals(List.of(mappings)));
    }

    /** Altered tables are looked at from time to time, so that it may take a while. */
    private static void awaitConverged(Daemon daemon) throws InterruptedException {
        awaitPaused(daemon);
        await().atMost(PATIENCE)
                .until(() -> daemon.awaitDrained() && daemon.oracle().compare(1).differences() == 0);
        assertConverged(daemon);
    }

    private static Map<String, String> texts(Daemon daemon, String collection, String mapping) {
        var texts = new TreeMap<String, String>();
        daemon.index().scan(collection, stored -> {
            if (stored.head().key().mapping().equals(mapping)) {
                texts.put(
                        stored.head().key().row(),
                        stored.chunks().stream().map(StoredChunk::text).collect(Collectors.joining(" ")));
            }
        });
        return texts;
    }

    private static HttpResponse<String> get(Daemon daemon, String path) throws Exception {
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(URI.create(daemon.url() + path)).build(), BodyHandlers.ofString());
    }

    private static JsonNode json(Daemon daemon, String path) throws Exception {
        return JSON.readTree(get(daemon, path).body());
    }

    @Test
    void aVanishedColumnPausesItsMappingAndNoOther() throws Exception {
        try (Daemon daemon = started()) {
            Map<String, String> before = texts(daemon, "help", "articles");
            playground.execute("ALTER TABLE articles DROP COLUMN category");
            assertThat(Doctor.tableProblems(config(yaml -> yaml)).stream().map(Problem::message))
                    .singleElement()
                    .asString()
                    .contains("mapping articles reads category, which table public.articles does not have");
            playground.execute("UPDATE articles SET body = 'changed' WHERE id = 1001");
            playground.execute("DELETE FROM articles WHERE id = 1002");
            playground.execute("UPDATE articles SET views = 1, title = 'a headline' WHERE id = 1003");
            playground.execute(INSERT.formatted(5000, "new", "a new one"));
            playground.execute("UPDATE articles SET id = 6000 WHERE id = 1004");
            playground.execute("INSERT INTO comments VALUES (1000, 2, 'bob', 'another comment', 'published')");
            awaitPaused(daemon, "articles");
            assertThat(daemon.awaitDrained()).isTrue();

            // Others of the same table and of the same collection go on.
            assertThat(texts(daemon, "manuals", "headlines")).containsOnlyKeys("1003");
            assertThat(texts(daemon, "help", "comments")).hasSize(2);
            // What is paused stays as it was, apart from keys that are gone.
            before.remove("1002");
            before.remove("1004");
            assertThat(texts(daemon, "help", "articles")).isEqualTo(before);
            assertThat(daemon.status().deadLetters()).isZero();

            Status.PausedMapping pause = daemon.status().paused().getFirst();
            assertThat(pause.reason()).isEqualTo("table public.articles has no column category any more");
            assertThat(pause.wayOut()).contains("change the mapping and start again");
            assertThat(daemon.status().state()).isEqualTo("streaming");
            assertThat(get(daemon, "/readyz").statusCode()).isEqualTo(200);
            assertThat(json(daemon, "/readyz").path("status").asText()).isEqualTo("degraded");
            assertThat(json(daemon, "/readyz").path("reasons").get(0).asText())
                    .contains("mapping articles is paused since")
                    .contains("no column category");
            assertThat(get(daemon, "/metrics").body())
                    .contains("freshet_mapping_paused{mapping=\"articles\"} 1.0")
                    .contains("freshet_mapping_paused{mapping=\"headlines\"} 0.0");
            assertThat(json(daemon, "/v1/search?q=tea&collection=help")
                            .at("/currentTo/paused")
                            .get(0)
                            .asText())
                    .isEqualTo("articles");
            assertThat(json(daemon, "/v1/search?q=tea&collection=manuals").at("/currentTo/paused"))
                    .isEmpty();

            playground.execute("ALTER TABLE articles ADD COLUMN category text DEFAULT 'again'");
            awaitConverged(daemon);
            assertThat(json(daemon, "/readyz").path("status").asText()).isEqualTo("ok");
            assertThat(texts(daemon, "help", "articles"))
                    .containsKeys("5000", "6000")
                    .doesNotContainKey("1002");
        }
    }

    @Test
    void aPauseOutlivesARestartUntilTheMappingIsChanged() throws Exception {
        try (Daemon daemon = started()) {
            playground.execute("ALTER TABLE articles DROP COLUMN category");
            playground.execute("UPDATE articles SET body = 'changed' WHERE id = 1001");
            awaitPaused(daemon, "articles");
        }
        playground.execute("UPDATE articles SET body = 'changed as well' WHERE id = 1002");
        try (Daemon daemon = start(yaml -> yaml)) {
            assertThat(paused(daemon)).containsExactly("articles");
            playground.execute("TRUNCATE articles");
            playground.execute(INSERT.formatted(7000, "after", "after the truncation"));
            playground.execute("UPDATE articles SET views = 1");
            assertThat(daemon.awaitDrained()).isTrue();
            assertThat(texts(daemon, "help", "articles")).isEmpty();
            assertThat(texts(daemon, "manuals", "headlines")).containsOnlyKeys("7000");
        }
        try (Daemon daemon = start(yaml -> yaml.replace("metadata: [category, views]", "metadata: [views]"))) {
            awaitConverged(daemon);
            assertThat(texts(daemon, "help", "articles")).containsOnlyKeys("7000");
        }
    }

    @Test
    void aColumnThatVanishedWhileNobodyLookedPausesItsMapping() throws Exception {
        try (Daemon daemon = started()) {
            assertThat(paused(daemon)).isEmpty();
        }
        playground.execute("UPDATE articles SET body = 'as it was' WHERE id = 1001");
        playground.execute("ALTER TABLE articles RENAME COLUMN category TO kind");
        playground.execute("UPDATE articles SET body = 'as it is' WHERE id = 1002");
        try (Daemon daemon = start(yaml -> yaml)) {
            assertThat(paused(daemon)).containsExactly("articles");
            assertThat(daemon.awaitDrained()).isTrue();
            assertThat(daemon.status().deadLetters()).isZero();
        }
        try (Daemon daemon = start(yaml -> yaml.replace("[category, views]", "[kind, views]"))) {
            awaitConverged(daemon);
        }
    }

    @Test
    void aColumnThatNeverWasIsAMistakeInTheConfiguration() throws Exception {
        started().close();
        assertThatThrownBy(() -> start(yaml -> yaml.replace("[category, views]", "[categori, views]")))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("mapping articles reads categori, which table public.articles does not have");
    }

    @Test
    void aRetypedColumnGoesOnWhereTheMappingTakesIt() throws Exception {
        playground.execute("UPDATE articles SET views = id");
        try (Daemon daemon = started()) {
            playground.execute("ALTER TABLE articles ALTER COLUMN views DROP DEFAULT, ALTER COLUMN views TYPE text"
                    + " USING 'many: ' || views");
            playground.execute("UPDATE articles SET body = 'changed' WHERE id = 1001");
            // A text is not greater than 0.
            awaitPaused(daemon, "headlines");
            await().atMost(PATIENCE).until(() -> {
                List<String> wrong =
                        daemon.awaitDrained() ? daemon.oracle().compare(1).examples() : List.of("");
                return wrong.stream().allMatch(each -> each.startsWith("headlines/"));
            });
            assertThat(daemon.status().paused().getFirst().reason())
                    .contains("another type than before, and when:")
                    .contains("row.views is string");
            assertThat(daemon.status().deadLetters()).isZero();

            playground.execute(
                    "ALTER TABLE articles ALTER COLUMN views TYPE numeric(10, 2) USING substr(views, 7)::numeric");
            awaitConverged(daemon);
        }
        playground.execute("ALTER TABLE articles ALTER COLUMN views TYPE numeric(10, 1)");
        try (Daemon daemon = start(yaml -> yaml)) {
            awaitConverged(daemon);
        }
    }

    @Test
    void aBackfillThatMeetsAVanishedColumnGoesOnForTheOthers() throws Exception {
        playground.fillArticles(3_000);
        try (Daemon daemon = start(yaml -> yaml)) {
            playground.execute("ALTER TABLE articles DROP COLUMN category");
            playground.execute("UPDATE articles SET views = 1 WHERE id < 1500");
            awaitPaused(daemon, "articles");
            assertThat(daemon.awaitDrained()).isTrue();
            assertThat(texts(daemon, "manuals", "headlines")).hasSize(500);
            assertThat(texts(daemon, "manuals", "manuals")).hasSize(1);
            playground.execute("ALTER TABLE articles ADD COLUMN category text");
            awaitConverged(daemon);
        }
    }

    @Test
    void whatTheLogDoesNotCarryIsNotLookedForInVain() throws Exception {
        try (Daemon daemon = started()) {
            // The large content is not in the log, and not in the table either by the time that it is looked for.
            playground.execute(
                    "BEGIN; UPDATE manuals SET downloads = 1; ALTER TABLE manuals DROP COLUMN content; COMMIT");
            awaitPaused(daemon, "manuals");
            assertThat(daemon.awaitDrained()).isTrue();
            assertThat(texts(daemon, "manuals", "manuals").get("guide")).contains("how to make tea");
            playground.execute("ALTER TABLE manuals ADD COLUMN content text NOT NULL DEFAULT 'written anew'");
            awaitConverged(daemon);
            assertThat(texts(daemon, "manuals", "manuals")).isEqualTo(Map.of("guide", "written anew"));
        }
    }

    @Test
    void aTableThatIsMadeAgainIsReadAgainWithoutItsOldRows() throws Exception {
        try (Daemon daemon = started()) {
            playground.execute("DROP TABLE comments");
            awaitPaused(daemon, "comments");
            assertThat(daemon.status().paused().getFirst().reason()).contains("no table public.comments");
            playground.execute("INSERT INTO manuals VALUES ('other', 'goes on', 0)");
            assertThat(daemon.awaitDrained()).isTrue();
            assertThat(texts(daemon, "manuals", "manuals")).containsKey("other");
        }
        try (Daemon daemon = start(yaml -> yaml)) {
            assertThat(paused(daemon)).containsExactly("comments");
            playground.execute("CREATE TABLE comments (article bigint, place int, author text, body text, status text,"
                    + " PRIMARY KEY (article, place))");
            playground.execute("INSERT INTO comments VALUES (1, 1, 'eve', 'in the new table', 'published')");
            awaitConverged(daemon);
            playground.execute("INSERT INTO comments VALUES (1, 2, 'eve', 'published again', 'published')");
            assertConverged(daemon);
            assertThat(texts(daemon, "help", "comments")).hasSize(2);
        }
    }

    @Test
    void aTableThatTakesTheNameOfAnotherIsReadInItsPlace() throws Exception {
        try (Daemon daemon = started()) {
            playground.execute("CREATE TABLE swap (LIKE comments INCLUDING ALL);"
                    + " INSERT INTO swap VALUES (1, 1, 'eve', 'in the new table', 'published')");
            playground.execute(
                    "BEGIN; ALTER TABLE comments RENAME TO old; ALTER TABLE swap RENAME TO comments; COMMIT");
            await().atMost(PATIENCE)
                    .until(() -> texts(daemon, "help", "comments").keySet().equals(Set.of("1,1")));
            playground.execute("INSERT INTO comments VALUES (1, 2, 'eve', 'published as well', 'published')");
            awaitConverged(daemon);
            assertThat(texts(daemon, "help", "comments")).hasSize(2);
        }
    }

    @Test
    void aRenamedKeyLosesNoChange() throws Exception {
        try (Daemon daemon = started()) {
            playground.execute("ALTER TABLE articles RENAME COLUMN id TO number");
            playground.execute("DELETE FROM articles WHERE number = 1001");
            playground.execute("UPDATE articles SET body = 'changed', views = 1 WHERE number = 1002");
            playground.execute("INSERT INTO manuals VALUES ('other', 'goes on', 0)");
            await().atMost(PATIENCE)
                    .until(() -> !texts(daemon, "help", "articles").containsKey("1001"));
            awaitConverged(daemon);
        }
    }
}
