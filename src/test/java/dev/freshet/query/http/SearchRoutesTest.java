package dev.freshet.query.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freshet.change.ChangeEvent.Origin;
import dev.freshet.change.SourcePosition;
import dev.freshet.change.TableId;
import dev.freshet.change.Traceparent;
import dev.freshet.change.Version;
import dev.freshet.chunk.Chunk;
import dev.freshet.document.DocumentKey;
import dev.freshet.embed.Embedder;
import dev.freshet.embed.HashModel;
import dev.freshet.index.CollectionSpec;
import dev.freshet.index.DocumentHead;
import dev.freshet.index.DocumentWrite;
import dev.freshet.index.EmbeddedChunk;
import dev.freshet.index.Provenance;
import dev.freshet.index.lucene.LuceneIndex;
import dev.freshet.pipeline.Freshness;
import dev.freshet.query.Search;
import dev.freshet.telemetry.Meters;
import io.javalin.Javalin;
import io.javalin.json.JavalinJackson;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The routes on a real server over a real index; what callers see in JSON is pinned here. */
@Timeout(20)
final class SearchRoutesTest {

    private static final Instant COMMITTED = Instant.parse("2026-03-01T10:00:00Z");
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    @TempDir
    private static Path folder;

    private static final List<AutoCloseable> OPEN = new ArrayList<>();
    private static int port;

    @BeforeAll
    static void serve() {
        var meters = new Meters();
        var embedder = Embedder.of(new HashModel().load(1), meters);
        var index = new LuceneIndex(folder.resolve("index"));
        for (String collection : List.of("help", "notes")) {
            index.create(collection, new CollectionSpec(HashModel.DIMENSION, "hashes", "words", Map.of()));
        }
        index.apply(
                "help",
                List.of(
                        put("7", "refunds take a week", "billing", 10, "acme"),
                        put("8", "parcels take a day", "shipping", 20, null),
                        put("9", "invoices come by mail", "billing", 30, null)));
        index.apply("notes", List.of(put("1", "refunds take a week", "note", 1, null)));
        var search = new Search(
                index,
                embedder,
                Set.of("help", "notes"),
                () -> new Freshness(
                        new SourcePosition("freshet", new Version(0x16, 0x1_0000_00FFL), COMMITTED, "7"), 2, null),
                () -> true,
                collection -> List.of(),
                meters);
        var routes = new SearchRoutes(search);
        Javalin server = Javalin.create(javalin -> {
            javalin.startup.showJavalinBanner = false;
            javalin.jsonMapper(new JavalinJackson(SearchRoutes.JSON, true));
            routes.addTo(javalin.routes);
        });
        port = server.start("127.0.0.1", 0).port();
        OPEN.addAll(List.of(server::stop, embedder, index, meters));
    }

    @AfterAll
    static void close() throws Exception {
        for (AutoCloseable each : OPEN) {
            each.close();
        }
    }

    private static DocumentWrite put(String row, String text, String category, long price, @Nullable String tenant) {
        var metadata = new LinkedHashMap<String, @Nullable Object>();
        metadata.put("category", category);
        metadata.put("price", price);
        metadata.put("rating", 4.5);
        metadata.put("nothing", null);
        var chunk = new Chunk(
                "0000000" + row + "-0000-0000-0000-000000000000",
                0,
                0,
                text.length(),
                text,
                List.of("Top", "Sub"),
                6,
                "hash" + row);
        var head = new DocumentHead(
                new DocumentKey("articles", row),
                "article-" + row,
                new TableId("public", "articles"),
                Map.of("id", Long.valueOf(row)),
                metadata,
                tenant,
                new Version(0x10, 0x20),
                COMMITTED,
                COMMITTED.plusMillis(40),
                "payload",
                List.of(chunk.id()),
                new Provenance(
                        Traceparent.parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
                                .orElseThrow(),
                        Origin.LIVE,
                        COMMITTED.plusMillis(10),
                        COMMITTED.plusMillis(20),
                        null,
                        0));
        return new DocumentWrite.Put(
                head,
                null,
                List.of(new EmbeddedChunk(chunk, unit(HashModel.vector("Top > Sub\n\n" + text)))),
                List.of(),
                true);
    }

    private static float[] unit(float[] vector) {
        double sum = 0;
        for (float each : vector) {
            sum += (double) each * each;
        }
        float[] unit = new float[vector.length];
        for (int i = 0; i < unit.length; i++) {
            unit[i] = (float) (vector[i] / Math.sqrt(sum));
        }
        return unit;
    }

    private static HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return HTTP.send(request.build(), BodyHandlers.ofString());
    }

    private static HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
    }

    private static JsonNode get(String query, int status) throws IOException, InterruptedException {
        return answer(send(request("/v1/search?" + query).GET()), status);
    }

    private static JsonNode post(String body, int status) throws IOException, InterruptedException {
        return answer(send(request("/v1/search").POST(BodyPublishers.ofString(body))), status);
    }

    private static JsonNode answer(HttpResponse<String> response, int status) throws IOException {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(response.headers().firstValue("Content-Type").orElse("")).startsWith("application/json");
        return JSON.readTree(response.body());
    }

    private static List<String> ids(JsonNode answer) {
        return StreamSupport.stream(answer.path("hits").spliterator(), false)
                .map(hit ->
                        hit.path("collection").asText() + "/" + hit.path("id").asText())
                .toList();
    }

    private static List<String> names(JsonNode object) {
        var names = new ArrayList<String>();
        object.fieldNames().forEachRemaining(names::add);
        return names;
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    @Test
    void theAnswerHasTheseFields() throws Exception {
        JsonNode answer = get("q=" + encoded("Top > Sub\n\nrefunds take a week") + "&top=1&collection=help", 200);

        assertThat(names(answer)).containsExactly("query", "mode", "tookMs", "currentTo", "hits");
        JsonNode current = answer.path("currentTo");
        assertThat(names(current))
                .containsExactly("position", "version", "committedAt", "pending", "lagMs", "backfilling", "paused");
        assertThat(current.path("position").asText()).isEqualTo("1/FF");
        assertThat(current.path("version").asText()).isEqualTo("16-1000000ff");
        assertThat(current.path("committedAt").asText()).isEqualTo("2026-03-01T10:00:00Z");
        assertThat(current.path("pending").asInt()).isEqualTo(2);
        assertThat(current.path("lagMs").asInt()).isZero();
        assertThat(current.path("backfilling").asBoolean()).isTrue();

        JsonNode hit = answer.path("hits").path(0);
        assertThat(names(hit))
                .containsExactly(
                        "score",
                        "collection",
                        "id",
                        "table",
                        "key",
                        "text",
                        "headings",
                        "chunk",
                        "chunks",
                        "metadata",
                        "tenant",
                        "version",
                        "committedAt",
                        "indexedAt",
                        "traceparent");
        assertThat(hit.path("score").asDouble()).isBetween(0.999, 1.001);
        assertThat(hit.path("table").asText()).isEqualTo("public.articles");
        assertThat(hit.path("text").asText()).isEqualTo("refunds take a week");
        assertThat(hit.path("headings").toString()).isEqualTo("[\"Top\",\"Sub\"]");
        assertThat(hit.path("chunk").asInt()).isZero();
        assertThat(hit.path("chunks").asInt()).isEqualTo(1);
        assertThat(hit.path("tenant").asText()).isEqualTo("acme");
        assertThat(hit.path("version").asText()).isEqualTo("10-20");
        assertThat(hit.path("indexedAt").asText()).isEqualTo("2026-03-01T10:00:00.040Z");
        assertThat(hit.path("traceparent").asText())
                .isEqualTo("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    }

    @Test
    void numbersStayNumbersAndNullStaysNull() throws Exception {
        JsonNode hit = get("q=" + encoded("Top > Sub\n\nparcels take a day") + "&top=1", 200)
                .path("hits")
                .path(0);

        assertThat(hit.path("key").toString()).isEqualTo("{\"id\":8}");
        assertThat(hit.path("metadata").path("price").isIntegralNumber()).isTrue();
        assertThat(hit.path("metadata").path("rating").isDouble()).isTrue();
        assertThat(hit.path("metadata").get("nothing").isNull()).isTrue();
        assertThat(hit.get("tenant").isNull()).isTrue();
    }

    @Test
    void searchesEverywhereUnlessACollectionIsNamed() throws Exception {
        assertThat(ids(get("q=refunds", 200)))
                .containsExactlyInAnyOrder("help/article-7", "help/article-8", "help/article-9", "notes/article-1");
        assertThat(ids(get("q=refunds&collection=notes", 200))).containsExactly("notes/article-1");
        assertThat(ids(post("{\"query\": \"refunds\", \"collection\": \"notes\"}", 200)))
                .containsExactly("notes/article-1");
        assertThat(ids(post("{\"query\": \"refunds\", \"collection\": null}", 200)))
                .hasSize(4);
    }

    @Test
    void hitsOfAllCollectionsAreBestFirstAndNoMoreThanTop() throws Exception {
        JsonNode answer = get("q=refunds&top=2", 200);

        assertThat(answer.path("hits")).hasSize(2);
        assertThat(answer.path("hits").path(0).path("score").asDouble())
                .isGreaterThanOrEqualTo(
                        answer.path("hits").path(1).path("score").asDouble());
    }

    @Test
    void filtersHoldTogether() throws Exception {
        String filter = "&filter=" + encoded("category=billing") + "&filter=" + encoded("price>=20");
        assertThat(ids(get("q=refunds" + filter, 200))).containsExactly("help/article-9");
        assertThat(ids(post(
                        "{\"query\": \"refunds\", \"filter\": {\"category\": [\"billing\", \"note\"], \"price\": {\"lt\": 20}}}",
                        200)))
                .containsExactlyInAnyOrder("help/article-7", "notes/article-1");
        assertThat(ids(get("q=refunds&filter=" + encoded("tenant=acme"), 200))).containsExactly("help/article-7");
    }

    @Test
    void aTenantHoldsBesideTheFilter() throws Exception {
        assertThat(ids(get("q=refunds&tenant=acme", 200))).containsExactly("help/article-7");
        assertThat(ids(post("{\"query\": \"refunds\", \"tenant\": \"acme\"}", 200)))
                .containsExactly("help/article-7");
        for (String filter : List.of("tenant=umbrella", "tenant=", "category=shipping", "id=article-8")) {
            assertThat(ids(get("q=refunds&tenant=acme&filter=" + encoded(filter), 200)))
                    .as(filter)
                    .isEmpty();
        }
        assertThat(ids(get("q=refunds&tenant=acme&filter=tenant%3Dacme&filter=tenant%3Dumbrella", 200)))
                .containsExactly("help/article-7");
        assertThat(ids(get("q=refunds&tenant=nobody", 200))).isEmpty();
    }

    @Test
    void searchesByWordsOrByBothWhereAsked() throws Exception {
        assertThat(get("q=refunds", 200).path("mode").asText()).isEqualTo("dense");

        JsonNode byWords = get("q=refund+of+INVOICE&collection=help&mode=lexical", 200);
        assertThat(byWords.path("mode").asText()).isEqualTo("lexical");
        assertThat(ids(byWords)).containsExactlyInAnyOrder("help/article-7", "help/article-9");
        assertThat(ids(post("{\"query\": \"parcel\", \"mode\": \"lexical\"}", 200)))
                .containsExactly("help/article-8");
        assertThat(ids(get("q=the&mode=lexical", 200))).isEmpty();
        assertThat(ids(post("{\"query\": \"parcel\", \"mode\": null}", 200))).hasSize(4);

        JsonNode byBoth = post("{\"query\": \"parcel\", \"mode\": \"hybrid\", \"collection\": \"help\"}", 200);
        assertThat(byBoth.path("mode").asText()).isEqualTo("hybrid");
        assertThat(ids(byBoth)).hasSize(3);
        assertThat(byBoth.path("hits").path(0).path("score").asDouble()).isBetween(1.0 / 61, 2.0 / 61 + 1e-6);
    }

    @Test
    void byWordsTheModelIsNotNeeded() throws Exception {
        assertThat(ids(get("q=refunds+" + HashModel.POISON + "&mode=lexical&collection=help", 200)))
                .containsExactly("help/article-7");
        get("q=refunds+" + HashModel.POISON + "&mode=hybrid&collection=help", 503);
    }

    @Test
    void byWordsTheHitsOfSeveralCollectionsAreFusedByRank() throws Exception {
        JsonNode answer = get("q=refunds+week+billing+parcels&mode=lexical", 200);

        assertThat(ids(answer)).containsExactly("help/article-7", "notes/article-1", "help/article-8");
        assertThat(answer.path("hits").path(0).path("score").asDouble())
                .isEqualTo(answer.path("hits").path(1).path("score").asDouble())
                .isBetween(1.0 / 61 - 1e-6, 1.0 / 61 + 1e-6);
        assertThat(answer.path("hits").path(2).path("score").asDouble()).isBetween(1.0 / 62 - 1e-6, 1.0 / 62 + 1e-6);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "q=a&mode=fuzzy     | there is no mode 'fuzzy'; there are dense, lexical, hybrid",
                "q=a&mode=Dense     | there is no mode 'Dense'",
                "top=3              | parameter q is missing",
                "q=a&limit=3        | there is no parameter 'limit'; there are collection, filter, mode, q, tenant, top",
                "q=a&top=many       | top is 'many'",
                "q=a&top=0          | top is 0; it can be 1 to 1000",
                "q=+                | query is empty",
                "q=a&tenant=        | the tenant is empty",
                "q=a&tenant=b&tenant=c | the parameter tenant is given twice",
                "q=a&q=b            | the parameter q is given twice",
                "q=a&filter=billing | 'billing' cannot be read; write field=value",
                "q=a&collection=hlp | there is no collection 'hlp'; there are help, notes",
            })
    void aGetThatMakesNoSenseIsAnswered400WithTheReason(String query, String reason) throws Exception {
        JsonNode answer = get(query.strip(), 400);

        assertThat(names(answer)).containsExactly("error");
        assertThat(answer.path("error").asText()).contains(reason);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{}                                    | field query is missing",
                "{\"query\": 5}                        | field query is missing",
                "{\"query\": \"a\", \"limit\": 3}      | there is no field 'limit'; there are collection, filter, mode, query, tenant, top",
                "{\"query\": \"a\", \"top\": \"3\"}    | top must be a whole number",
                "{\"query\": \"a\", \"top\": 2.5}      | top must be a whole number",
                "{\"query\": \"a\", \"top\": 1e12}     | top must be a whole number",
                "{\"query\": \"a\", \"top\": 5000}     | top is 5000",
                "{\"query\": \"a\", \"collection\": 5} | collection must be a name",
                "{\"query\": \"a\", \"mode\": \"bm25\"}  | there is no mode 'bm25'; there are dense, lexical, hybrid",
                "{\"query\": \"a\", \"mode\": 1}         | mode must be a name",
                "{\"query\": \"a\", \"filter\": \"x\"} | filter must be an object",
                "{\"query\": \"a\", \"tenant\": null}   | tenant is null; leave it out",
                "{\"query\": \"a\", \"tenant\": [\"b\"]}  | tenant must be a name",
                "{\"query\": \"a\", \"tenant\": \"b\", \"tenant\": \"c\"} | is not JSON",
                "{\"query\": \"a\"} {}                    | is not JSON",
                "[1]                                   | must be a JSON object",
                "{\"query\":                           | is not JSON",
                "``                                    | must be a JSON object",
            })
    void aPostThatMakesNoSenseIsAnswered400WithTheReason(String body, String reason) throws Exception {
        assertThat(post(body, 400).path("error").asText()).contains(reason);
    }

    @Test
    void aQueryThatTheModelCannotEmbedIsAnswered503() throws Exception {
        assertThat(get("q=" + HashModel.POISON, 503).path("error").asText()).contains("could not be embedded");
    }
}
