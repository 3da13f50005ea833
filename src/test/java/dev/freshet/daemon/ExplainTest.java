package dev.freshet.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freshet.config.ConfigLoader;
import dev.freshet.embed.HashModel;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a running daemon says of single rows, over a real PostgreSQL. */
@Timeout(120)
final class ExplainTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final String TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    @TempDir
    private Path folder;

    private final HashModel model = new HashModel();
    private String url = "";
    private String name = "";

    @BeforeEach
    void createTables() throws SQLException {
        url = SharedDatabase.newDatabase();
        name = url.replaceAll(".*/", "");
        Playground.create(url);
        execute("ALTER TABLE comments ADD COLUMN traceparent text");
    }

    @AfterEach
    void release() {
        model.slow.release(1_000);
    }

    private Daemon start() {
        String yaml = Playground.configuration(url, name, folder.resolve("state"))
                .replace("when: row.status == 'published'", "when: row.status == 'published'\n    trace: traceparent");
        return Daemon.start(ConfigLoader.parse(yaml, "test.yaml", folder, Map.of()), config -> model.load(2));
    }

    /** In one transaction. */
    private void execute(String... statements) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url, "postgres", "");
                var statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            for (String sql : statements) {
                statement.execute(sql);
            }
            connection.commit();
        }
    }

    private static String traced(String traceparent) {
        return "SELECT pg_logical_emit_message(true, 'traceparent', '" + traceparent + "')";
    }

    private void insert(long id, String body) throws SQLException {
        execute("INSERT INTO articles VALUES (" + id + ", 'Title', '" + body + "', 'billing', 'acme', 0)");
    }

    private static HttpResponse<String> send(Daemon daemon, String path) throws IOException, InterruptedException {
        return HTTP.send(HttpRequest.newBuilder(URI.create(daemon.url() + path)).build(), BodyHandlers.ofString());
    }

    private static JsonNode get(Daemon daemon, String path) throws IOException, InterruptedException {
        HttpResponse<String> answer = send(daemon, path);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return JSON.readTree(answer.body());
    }

    private static JsonNode explain(Daemon daemon, String mapping, String key)
            throws IOException, InterruptedException {
        return get(daemon, "/v1/explain?mapping=" + mapping + "&key=" + URLEncoder.encode(key, StandardCharsets.UTF_8));
    }

    private static String refused(Daemon daemon, String parameters) throws IOException, InterruptedException {
        HttpResponse<String> answer = send(daemon, "/v1/explain" + parameters);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
        return JSON.readTree(answer.body()).path("error").textValue();
    }

    private static String state(JsonNode explanation) {
        return explanation.path("state").textValue();
    }

    private static List<String> texts(JsonNode array) {
        var texts = new ArrayList<String>();
        array.forEach(each -> texts.add(each.asText()));
        return texts;
    }

    private static void assertInOrder(JsonNode object, String... times) {
        Instant before = Instant.EPOCH;
        for (String time : times) {
            Instant at = Instant.parse(object.path(time).textValue());
            assertThat(at).as(time).isAfterOrEqualTo(before);
            before = at;
        }
    }

    @Test
    void tellsHowADocumentCameThere() throws Exception {
        try (Daemon daemon = start()) {
            assertThat(daemon.awaitDrained()).isTrue();
            execute(
                    traced(TRACE),
                    "INSERT INTO articles VALUES (1, 'Title', '## One\n\nfirst\n\n## Two\n\nsecond', 'billing', 'acme', 0)");
            assertThat(daemon.awaitDrained()).isTrue();

            JsonNode written = explain(daemon, "articles", "1");
            assertThat(state(written)).isEqualTo("in-sync");
            assertThat(written.path("advice").isNull()).isTrue();
            assertThat(written.path("table").textValue()).isEqualTo("public.articles");
            assertThat(written.path("model").textValue()).isEqualTo("hashes");
            JsonNode index = written.path("index");
            int chunks = index.path("chunks").size();
            assertThat(chunks).isPositive();
            assertThat(index.path("traceparent").textValue()).isEqualTo(TRACE);
            assertThat(index.path("origin").textValue()).isEqualTo("live");
            assertThat(index.path("tenant").textValue()).isEqualTo("acme");
            assertThat(index.path("embedded").intValue()).isEqualTo(chunks);
            assertThat(index.path("reused").intValue()).isZero();
            assertInOrder(index, "committedAt", "capturedAt", "preparedAt", "embeddedAt", "indexedAt");
            JsonNode thisRun = written.path("thisRun");
            assertThat(thisRun.path("outcome").textValue()).isEqualTo("written");
            assertThat(thisRun.path("traceparent").textValue()).isEqualTo(TRACE);
            assertThat(Instant.parse(thisRun.path("at").textValue()))
                    .isAfterOrEqualTo(Instant.parse(index.path("indexedAt").textValue()));
            assertThat(written.path("database").path("chunks").intValue()).isEqualTo(chunks);
            assertThat(written.path("deadLetter").isNull()).isTrue();
            assertThat(written.path("removed").isNull()).isTrue();

            // It comes back with every hit, and as the exemplar of the time that it took.
            JsonNode hit = get(daemon, "/v1/search?q=first&collection=help")
                    .path("hits")
                    .path(0);
            assertThat(hit.path("traceparent").textValue()).isEqualTo(TRACE);
            String metrics = HTTP.send(
                            HttpRequest.newBuilder(URI.create(daemon.url() + "/metrics"))
                                    .header("Accept", "application/openmetrics-text;version=1.0.0,text/plain;q=0.5")
                                    .build(),
                            BodyHandlers.ofString())
                    .body();
            assertThat(metrics.lines()
                            .filter(line -> line.startsWith(
                                    "freshet_commit_to_searchable_seconds_bucket{mapping=\"articles\"")))
                    .anyMatch(line -> line.contains("trace_id=\"4bf92f3577b34da6a3ce929d0e0e4736\""));

            // Metadata alone, by somebody who does not say who he is.
            execute("UPDATE articles SET views = 1 WHERE id = 1");
            assertThat(daemon.awaitDrained()).isTrue();
            JsonNode changed = explain(daemon, "articles", "1").path("index");
            assertThat(changed.path("embedded").intValue()).isZero();
            assertThat(changed.path("reused").intValue()).isEqualTo(chunks);
            assertThat(changed.path("embeddedAt").isNull()).isTrue();
            assertThat(changed.path("traceparent").textValue())
                    .matches("00-[0-9a-f]{32}-[0-9a-f]{16}-00")
                    .isNotEqualTo(TRACE);
            assertThat(changed.path("metadata").path("views").intValue()).isEqualTo(1);
        }
    }

    @Test
    void aTraceIsTakenFromTheColumnThatTheMappingNames() throws Exception {
        execute("INSERT INTO comments VALUES (7, 1, 'Ada', 'read by the backfill', 'published', '" + TRACE + "')");
        try (Daemon daemon = start()) {
            assertThat(daemon.awaitDrained()).isTrue();
            JsonNode read = explain(daemon, "comments", "7,1").path("index");
            assertThat(read.path("origin").textValue()).isEqualTo("backfill");
            assertThat(read.path("traceparent").textValue()).isEqualTo(TRACE);

            String other = TRACE.replace('4', '5');
            execute("UPDATE comments SET body = 'changed', traceparent = '" + other + "'");
            assertThat(daemon.awaitDrained()).isTrue();
            JsonNode changed = explain(daemon, "comments", "7,1");
            assertThat(changed.path("index").path("traceparent").textValue()).isEqualTo(other);
            assertThat(changed.path("index").path("origin").textValue()).isEqualTo("live");

            // The next one leaves the column as it was, and says better in its transaction.
            execute(traced(TRACE), "UPDATE comments SET body = 'changed again'");
            assertThat(daemon.awaitDrained()).isTrue();
            assertThat(explain(daemon, "comments", "7,1")
                            .path("index")
                            .path("traceparent")
                            .textValue())
                    .isEqualTo(TRACE);
        }
    }

    @Test
    void tellsWhoRemovedADocumentAlsoAfterARestart() throws Exception {
        String removal;
        try (Daemon daemon = start()) {
            assertThat(daemon.awaitDrained()).isTrue();
            insert(1, "soon gone");
            execute("INSERT INTO comments VALUES (7, 2, 'Ada', 'soon hidden', 'published', NULL)");
            assertThat(daemon.awaitDrained()).isTrue();
            execute(
                    traced(TRACE),
                    "DELETE FROM articles WHERE id = 1",
                    "UPDATE comments SET status = 'hidden', traceparent = 'nonsense'");
            assertThat(daemon.awaitDrained()).isTrue();

            JsonNode gone = explain(daemon, "articles", "1");
            assertThat(state(gone)).isEqualTo("absent");
            assertThat(gone.path("index").isNull()).isTrue();
            assertThat(gone.path("removed").path("traceparent").textValue()).isEqualTo(TRACE);
            assertThat(gone.path("thisRun").path("outcome").textValue()).isEqualTo("removed");
            assertThat(gone.path("database").path("row").booleanValue()).isFalse();
            removal = gone.path("removed").toString();

            JsonNode hidden = explain(daemon, "comments", "7,2");
            assertThat(state(hidden)).isEqualTo("not-a-member");
            assertThat(hidden.path("database").path("why").textValue())
                    .isEqualTo("'when' is false with status = hidden");
            assertThat(hidden.path("removed").path("traceparent").textValue()).isEqualTo(TRACE);
        }
        try (Daemon daemon = start()) {
            assertThat(daemon.awaitDrained()).isTrue();
            JsonNode gone = explain(daemon, "articles", "1");
            assertThat(state(gone)).isEqualTo("absent");
            assertThat(gone.path("removed")).hasToString(removal);
            assertThat(gone.path("thisRun").isNull()).isTrue();
            assertThat(state(explain(daemon, "articles", "99"))).isEqualTo("absent");
        }
    }

    @Test
    void tellsWhatIsWrongAndWhatToDo() throws Exception {
        try (Daemon daemon = start()) {
            assertThat(daemon.awaitDrained()).isTrue();
            insert(1, "first");
            insert(2, "second");
            insert(4, "fourth");
            execute("INSERT INTO comments VALUES (7, 2, 'Ada', 'published', 'published', NULL)");
            assertThat(daemon.awaitDrained()).isTrue();

            // Changes that nobody captures, as after a restore of the index.
            execute("ALTER PUBLICATION " + name + " SET (publish = '')");
            execute(
                    "UPDATE articles SET title = 'Other', category = 'sales', tenant = 'umbrella' WHERE id = 1",
                    "DELETE FROM articles WHERE id = 2",
                    "INSERT INTO articles VALUES (3, 'Title', 'third', 'billing', 'acme', 0)",
                    "UPDATE comments SET status = 'hidden'",
                    "UPDATE articles SET tenant = '' WHERE id = 4");

            JsonNode stale = explain(daemon, "articles", "1");
            assertThat(state(stale)).isEqualTo("stale");
            assertThat(texts(stale.path("database").path("differences")))
                    .containsExactly(
                            "tenant",
                            "metadata category",
                            "text: of 1 chunks 0 are indexed, and 1 of 1 in the index are old");
            assertThat(stale.path("advice").textValue())
                    .isEqualTo("have the rows read again: freshet reindex help --table public.articles");
            assertThat(stale.path("pending").booleanValue()).isFalse();
            assertThat(stale.path("index")
                            .path("chunks")
                            .path(0)
                            .path("current")
                            .booleanValue())
                    .isFalse();

            JsonNode orphaned = explain(daemon, "articles", "2");
            assertThat(state(orphaned)).isEqualTo("orphaned");
            assertThat(orphaned.path("why").textValue()).contains("The row is gone");
            assertThat(orphaned.path("advice").textValue()).contains("freshet reindex help --table public.articles");

            JsonNode missing = explain(daemon, "articles", "3");
            assertThat(state(missing)).isEqualTo("missing");
            assertThat(missing.path("index").isNull()).isTrue();
            assertThat(missing.path("database").path("chunks").intValue()).isEqualTo(1);

            JsonNode hidden = explain(daemon, "comments", "7,2");
            assertThat(state(hidden)).isEqualTo("orphaned");
            assertThat(hidden.path("advice").textValue()).contains("freshet reindex help --table public.comments");

            JsonNode rejected = explain(daemon, "articles", "4");
            assertThat(state(rejected)).isEqualTo("rejected");
            assertThat(rejected.path("database").path("why").textValue())
                    .contains("tenant: ", "'tenant' is null or empty");

            // The advice helps.
            daemon.reindex("help", null);
            assertThat(daemon.awaitDrained()).isTrue();
            assertThat(state(explain(daemon, "articles", "1"))).isEqualTo("in-sync");
            assertThat(state(explain(daemon, "articles", "2"))).isEqualTo("absent");
            assertThat(state(explain(daemon, "articles", "3"))).isEqualTo("in-sync");
            assertThat(state(explain(daemon, "comments", "7,2"))).isEqualTo("not-a-member");
            assertThat(state(explain(daemon, "articles", "4"))).isEqualTo("parked");

            execute("ALTER TABLE articles RENAME TO elsewhere");
            JsonNode unknown = explain(daemon, "articles", "1");
            assertThat(state(unknown)).isEqualTo("unknown");
            assertThat(unknown.path("database").path("row").isNull()).isTrue();
            assertThat(unknown.path("database").path("why").textValue()).contains("does not exist");
            assertThat(unknown.path("index").path("chunks")).hasSize(1);
            execute("ALTER TABLE elsewhere RENAME TO articles");
        }
    }

    @Test
    void tellsWhyADocumentIsParked() throws Exception {
        try (Daemon daemon = start()) {
            assertThat(daemon.awaitDrained()).isTrue();
            execute(
                    traced(TRACE),
                    "INSERT INTO articles VALUES (1, 'Title', '" + HashModel.POISON + "', 'billing', 'acme', 0)");
            assertThat(daemon.awaitDrained()).isTrue();
            JsonNode parked = explain(daemon, "articles", "1");
            assertThat(state(parked)).isEqualTo("parked");
            assertThat(parked.path("why").textValue())
                    .startsWith("embed: ")
                    .contains("does not like this text")
                    .endsWith("the index has none");
            JsonNode letter = parked.path("deadLetter");
            assertThat(letter.path("stage").textValue()).isEqualTo("embed");
            assertThat(letter.path("event").path("traceparent").textValue()).isEqualTo(TRACE);
            assertThat(parked.path("thisRun").path("outcome").textValue()).isEqualTo("parked");
            assertThat(parked.path("advice").textValue())
                    .endsWith("freshet deadletters replay --mapping 'articles' --key '1'");
        }
    }

    @Test
    void whatIsOnItsWayIsNotCalledADifference() throws Exception {
        try (Daemon daemon = start()) {
            assertThat(daemon.awaitDrained()).isTrue();
            // No waiting in between: what was committed arrives while the question is being answered.
            insert(1, "quickly");
            assertThat(state(explain(daemon, "articles", "1"))).isEqualTo("in-sync");

            insert(2, HashModel.SLOW);
            await().until(() -> model.asked().stream().anyMatch(text -> text.contains(HashModel.SLOW)));
            JsonNode waiting = explain(daemon, "articles", "2");
            assertThat(state(waiting)).isEqualTo("missing");
            assertThat(waiting.path("pending").booleanValue()).isTrue();
            assertThat(waiting.path("advice").textValue()).isEqualTo("a change of it is on its way: ask again");
            assertThat(waiting.path("thisRun").isNull()).isTrue();
        }
    }

    @Test
    void whatMakesNoSenseIsExplained() throws Exception {
        try (Daemon daemon = start()) {
            assertThat(daemon.awaitDrained()).isTrue();
            assertThat(refused(daemon, "?mapping=artcles&key=1"))
                    .isEqualTo("there is no mapping 'artcles' (did you mean 'articles'?); there are articles, comments,"
                            + " headlines, manuals");
            assertThat(refused(daemon, "?mapping=articles&key=one"))
                    .contains("'one' is no key of table public.articles (id)", "invalid input syntax");
            assertThat(refused(daemon, "?mapping=comments&key=7"))
                    .contains("'7' is no key of table public.comments", "article, place", "with commas between");
            assertThat(refused(daemon, "?mapping=articles&key=1,2")).contains("'1,2' is no key");
            assertThat(refused(daemon, "?mapping=articles"))
                    .isEqualTo("the parameter key is missing: /v1/explain?mapping=articles&key=32");
            assertThat(refused(daemon, "?mapping=articles&key=1&table=x"))
                    .isEqualTo("there is no parameter 'table'; there are key, mapping");
            // A comma is no more than a letter where the key has one column.
            assertThat(state(explain(daemon, "manuals", "manual, 1"))).isEqualTo("absent");
        }
    }
}
