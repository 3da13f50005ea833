package dev.freshet.index.qdrant;

import static dev.freshet.index.SampleDocument.SPEC;
import static dev.freshet.index.SampleDocument.article;
import static dev.freshet.index.SampleDocument.puts;
import static dev.freshet.index.SampleDocument.vectorOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.config.PayloadLayout;
import dev.freshet.config.QdrantCollectionConfig.Distance;
import dev.freshet.config.Secret;
import dev.freshet.index.CollectionSpec;
import dev.freshet.index.CollectionState;
import dev.freshet.index.DocumentWrite;
import dev.freshet.index.Filter;
import dev.freshet.index.IndexException;
import dev.freshet.index.IndexException.Kind;
import dev.freshet.index.IndexQuery;
import dev.freshet.index.SampleDocument;
import dev.freshet.index.SearchHit;
import dev.freshet.index.StoredDocument;
import dev.freshet.index.VectorIndexContract;
import io.grpc.Status;
import io.qdrant.client.grpc.Collections.CreateCollection;
import io.qdrant.client.grpc.Collections.VectorParams;
import io.qdrant.client.grpc.Collections.VectorsConfig;
import io.qdrant.client.grpc.Points.FieldType;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What is known to go wrong with a Qdrant, each against the double that has it go wrong. */
final class QdrantTrapsTest {

    private static final String DOCS = "docs";

    private final QdrantDouble server = new QdrantDouble();
    private QdrantIndex index;

    @BeforeEach
    void open() {
        index = new QdrantIndex(Configs.at(server));
        index.create(DOCS, SPEC);
        server.takeCalls();
    }

    @AfterEach
    void stop() {
        index.close();
        server.close();
    }

    // ---- round trips

    @ParameterizedTest
    @CsvSource({"16", "500"})
    void roundTripsDoNotDependOnTheNumberOfDocuments(int documents) {
        index.apply(DOCS, writes(documents, 1));
        assertThat(server.takeCalls()).containsExactly("get", "scroll", "updateBatch", "updateBatch", "get");
        List<DocumentWrite> edits = new ArrayList<>();
        for (int i = 0; i < documents; i++) {
            SampleDocument before = article("" + i, "text " + i, "kept " + i);
            edits.add(before.with(Map.of("changed", true))
                    .version(2, "other " + i, "kept " + i)
                    .putAfter(before));
        }
        index.apply(DOCS, edits);
        assertThat(server.takeCalls())
                .containsExactly(
                        "get", "scroll", "createFieldIndex", "updateBatch", "updateBatch", "get", "updateBatch");
        index.heads(DOCS, edits.stream().map(DocumentWrite::key).toList());
        assertThat(server.takeCalls()).containsExactly("get");
        index.search(DOCS, new IndexQuery.Hybrid(vectorOf("x"), "text", 10, Filter.NONE));
        assertThat(server.takeCalls()).containsExactly("queryBatch", "get");
        index.apply(
                DOCS,
                edits.stream()
                        .<DocumentWrite>map(edit -> new DocumentWrite.Remove(edit.key(), edit.version()))
                        .toList());
        assertThat(server.takeCalls()).containsExactly("get", "scroll", "updateBatch", "get", "updateBatch");
        assertThat(scan()).isEmpty();
        assertThat(server.collection(DOCS).points()).isEmpty();
    }

    private static List<DocumentWrite> writes(int documents, int version) {
        List<DocumentWrite> writes = new ArrayList<>();
        for (int i = 0; i < documents; i++) {
            writes.add(
                    article("" + i).version(version, "text " + i, "kept " + i).put());
        }
        return writes;
    }

    @Test
    void aTombstoneIsForgottenWhenItsTimeIsOver() {
        try (var forgetful = new QdrantIndex(Configs.at(server), Duration.ofMillis(1))) {
            VectorIndexContract.assertForgetsTombstones(forgetful);
        }
    }

    // ---- what the server says without meaning it

    @Test
    void waitTimeoutIsNoSuccess() {
        server.waitTimeoutNext();
        assertFails(Kind.TRANSIENT, "WaitTimeout", () -> index.apply(DOCS, writes(3, 1)));
        assertThat(scan()).isEmpty();
        index.apply(DOCS, writes(3, 1));
        assertThat(scan()).hasSize(3);
    }

    @ParameterizedTest
    @CsvSource({
        "UNAVAILABLE, TRANSIENT",
        "DEADLINE_EXCEEDED, TRANSIENT",
        "INTERNAL, TRANSIENT",
        "FAILED_PRECONDITION, TRANSIENT",
        "ABORTED, TRANSIENT",
        "UNAUTHENTICATED, TRANSIENT",
        "PERMISSION_DENIED, TRANSIENT",
        "NOT_FOUND, TRANSIENT",
        "RESOURCE_EXHAUSTED, OVERLOADED",
        "INVALID_ARGUMENT, PERMANENT",
        "ALREADY_EXISTS, PERMANENT",
        "UNIMPLEMENTED, PERMANENT"
    })
    void errorsAreClassified(Status.Code code, Kind kind) {
        server.failNext("get", Status.fromCode(code).withDescription("so it is"));
        assertFails(
                kind,
                code == Status.Code.NOT_FOUND ? "disappeared" : "so it is",
                () -> index.heads(DOCS, List.of(article("1").key())));
    }

    @Test
    void aCollectionThatDisappearsIsWaitedForAndNoDocumentIsBlamed() {
        index.apply(DOCS, writes(1, 1));
        server.collections().clear();
        assertFails(Kind.TRANSIENT, "has disappeared", () -> index.apply(DOCS, writes(1, 2)));
    }

    @Test
    void aWriteCutShortAnywhereIsCompletedByRepeatingIt() {
        SampleDocument before = article("1", many(1)).tenant("a");
        SampleDocument after = before.with(Map.of("n", 1L)).version(2, many(2));
        for (int call = 0; call < 4; call++) {
            for (boolean lost : new boolean[] {false, true}) {
                index.drop(DOCS);
                index.create(DOCS, SPEC);
                index.apply(DOCS, puts(before));
                String method = call == 0 ? "scroll" : "updateBatch";
                letPass(Math.max(0, call - 1));
                if (lost) {
                    server.loseNextAnswer(method);
                } else {
                    server.failNext(method, Status.UNAVAILABLE);
                }
                assertFails(Kind.TRANSIENT, "UNAVAILABLE", () -> index.apply(DOCS, List.of(after.putAfter(before))));
                // Whatever was done, readers see one version, and all of it.
                List<SearchHit> hits = index.search(DOCS, dense("kept 0", 300));
                assertThat(hits)
                        .extracting(SearchHit::document)
                        .containsOnly(hits.getFirst().document());
                assertThat(hits)
                        .extracting(SearchHit::chunkId)
                        .containsExactlyInAnyOrderElementsOf(
                                hits.getFirst().document().chunkIds());
                assertThat(scan())
                        .hasSize(1)
                        .allSatisfy(document -> assertThat(document.chunks())
                                .hasSize(document.head().chunkIds().size()));
                index.apply(DOCS, List.of(after.putAfter(before)));
                assertThat(scan()).extracting(StoredDocument::head).containsExactly(after.head());
                assertThat(server.collection(DOCS).points().keySet())
                        .containsExactlyInAnyOrderElementsOf(after.head().chunkIds());
            }
        }
    }

    /** The next updates go through; the one after them is what the test is about. */
    private void letPass(int updates) {
        server.skip("updateBatch", updates);
    }

    private static String[] many(int version) {
        String[] texts = new String[100];
        Arrays.setAll(texts, i -> i % 10 == 0 ? "kept " + i : version + " text " + i);
        return texts;
    }

    @Test
    void chunksThatACrashLeftBehindGoWithTheNextWriteOfTheirDocument() {
        SampleDocument first = article("1", "one");
        SampleDocument second = first.version(2, "one", "two");
        SampleDocument third = first.version(3, "one", "three");
        index.apply(DOCS, puts(first));
        server.skip("updateBatch", 1);
        server.failNext("updateBatch", Status.UNAVAILABLE);
        assertFails(Kind.TRANSIENT, "UNAVAILABLE", () -> index.apply(DOCS, List.of(second.putAfter(first))));
        assertThat(index.search(DOCS, dense("two", 9)))
                .extracting(SearchHit::text)
                .containsExactly("one");
        index.apply(DOCS, List.of(third.putAfter(first)));
        assertThat(server.collection(DOCS).points().keySet())
                .containsExactlyInAnyOrderElementsOf(third.head().chunkIds());
    }

    @Test
    void aWriteGoesOnAfterTheServerWasAway() {
        index.apply(DOCS, writes(2, 1));
        server.stop();
        assertFails(Kind.TRANSIENT, "UNAVAILABLE", () -> index.apply(DOCS, writes(2, 2)));
        assertFails(Kind.TRANSIENT, "UNAVAILABLE", () -> index.search(DOCS, dense("x", 1)));
        server.startAgain();
        org.awaitility.Awaitility.await().ignoreExceptions().untilAsserted(() -> index.apply(DOCS, writes(2, 2)));
        assertThat(scan())
                .hasSize(2)
                .allMatch(document -> document.head().version().commit() == 2);
    }

    @Test
    void onSegmentsBeingOptimizedNothingOldStays() {
        server.copyOnWrite();
        SampleDocument before = article("1", "one").with(Map.of("a", 1L));
        index.apply(DOCS, puts(before));
        // The same chunk again, of which no word counts any more, as after a change of the model's text.
        index.apply(DOCS, puts(before.with(Map.of())));
        var point = server.collection(DOCS).points().firstEntry().getValue();
        assertThat(point.dense()).containsOnlyKeys("");
        assertThat(point.sparse()).containsOnlyKeys("bm25");
        assertThat(DoubleFilter.values("metadata.a", point.payload())).isEmpty();
    }

    // ---- limits

    @Test
    void whatIsTooMuchForStrictModeIsSentInParts() {
        server.strict(7, 20, false);
        index.apply(DOCS, writes(50, 1));
        assertThat(scan()).hasSize(50);
        assertThat(index.search(DOCS, dense("text 3", 15))).hasSize(15);
        index.apply(DOCS, writes(50, 2));
        assertThat(server.takeCalls().stream().filter("updateBatch"::equals).count())
                .isLessThan(60);
        assertThat(index.removeAll(DOCS, "articles")).isEqualTo(50);
        assertThat(scan()).isEmpty();
        assertFails(Kind.PERMANENT, "Limit exceeded", () -> index.search(DOCS, dense("x", 30)));
    }

    @Test
    void strictModeFindsEveryFilteredFieldIndexed() {
        server.strict(1_000, 100_000, true);
        SampleDocument before = article("1", "one")
                .with(Map.of("n", 1L, "at", "2026-01-01", "s", "x"))
                .tenant("t");
        index.apply(DOCS, puts(before));
        SampleDocument after = before.version(2, "two");
        index.apply(DOCS, List.of(after.putAfter(before)));
        for (Filter.Condition condition : List.of(
                new Filter.AnyOf("n", List.of(1L)),
                new Filter.AnyOf("s", List.of("x")),
                new Filter.AnyOf("tenant", List.of("t")),
                new Filter.AnyOf("mapping", List.of("articles")),
                new Filter.AnyOf("id", List.of("1")),
                new Filter.Range("at", "2025-01-01", null, null, null))) {
            assertThat(index.search(DOCS, new IndexQuery.Dense(vectorOf("two"), 5, new Filter(List.of(condition)))))
                    .hasSize(1);
        }
        assertThat(index.removeAll(DOCS, "articles")).isEqualTo(1);
    }

    @Test
    void theRateLimitIsKeptAndWhatCanNeverFitIsSplit() {
        server.rateLimit(30);
        index.apply(DOCS, writes(25, 1));
        assertThat(scan()).hasSize(25);
    }

    @Test
    void retryAfterIsHonouredAsFarAsItIsBearable() {
        server.failNext("updateBatch", Status.RESOURCE_EXHAUSTED, Duration.ofSeconds(1));
        long start = System.nanoTime();
        index.apply(DOCS, writes(2, 1));
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofSeconds(1));
        server.failNext("updateBatch", Status.RESOURCE_EXHAUSTED, Duration.ofHours(1));
        assertFails(Kind.OVERLOADED, "RESOURCE_EXHAUSTED", () -> index.apply(DOCS, writes(2, 2)));
        assertThat(scan()).hasSize(2);
    }

    // ---- collections

    @Test
    void aCollectionIsBehindAnAliasAndItsHeadsAreNotInIt() {
        index.apply(DOCS, writes(3, 1));
        assertThat(server.aliases()).containsEntry(DOCS, "docs@1");
        assertThat(server.collections()).containsOnlyKeys("docs@1", "docs@1.heads");
        assertThat(server.collection(DOCS).points()).hasSize(6);
        assertThat(server.collection(DOCS).indexes()).containsKeys("freshet_document", "freshet_tenant");
        index.drop(DOCS);
        assertThat(server.collections()).isEmpty();
        assertThat(server.aliases()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"theirs", "theirs@1"})
    void aForeignCollectionIsLeftAlone(String name) {
        server.collections()
                .put(
                        name,
                        new DoubleCollection(
                                server,
                                CreateCollection.newBuilder()
                                        .setCollectionName(name)
                                        .setVectorsConfig(VectorsConfig.newBuilder()
                                                .setParams(VectorParams.newBuilder()
                                                        .setSize(3)))
                                        .build()));
        assertThat(index.describe("theirs")).isEmpty();
        assertFails(Kind.PERMANENT, "that Freshet did not make", () -> index.create("theirs", SPEC));
        index.drop("theirs");
        assertThat(server.collections()).containsKey(name);
    }

    @ParameterizedTest
    @CsvSource({"list", "create", "createFieldIndex", "updateBatch", "updateAliases"})
    void aCreationCutShortIsBegunAgain(String method) {
        server.failNext(method, Status.UNAVAILABLE);
        assertFails(Kind.TRANSIENT, "UNAVAILABLE", () -> index.create("new", SPEC));
        index.create("new", SPEC);
        assertThat(index.describe("new")).contains(new CollectionState(SPEC, 0, 0, null));
        assertThat(server.aliases()).containsEntry("new", "new@1");
    }

    @ParameterizedTest
    @CsvSource({"updateBatch", "updateAliases", "deleteCollection"})
    void aRemovalCutShortIsGoneOnWith(String method) {
        index.apply(DOCS, writes(3, 1));
        server.failNext(method, Status.UNAVAILABLE);
        assertFails(Kind.TRANSIENT, "UNAVAILABLE", () -> index.drop(DOCS));
        index.drop(DOCS);
        assertThat(server.collections()).isEmpty();
        index.create(DOCS, SPEC);
        assertThat(scan()).isEmpty();
    }

    @Test
    void anotherDistanceOrLayoutIsRefusedWithTheWayOut() {
        try (var other =
                new QdrantIndex(Configs.at("localhost", server.port(), null, PayloadLayout.FRESHET, Distance.DOT))) {
            assertFails(Kind.PERMANENT, "index.qdrant.collection.distance", () -> other.describe(DOCS));
        }
        try (var other = new QdrantIndex(Configs.at(server, PayloadLayout.SPRING_AI))) {
            assertFails(Kind.PERMANENT, "freshet reset docs", () -> other.describe(DOCS));
        }
    }

    @ParameterizedTest
    @EnumSource(Distance.class)
    void scoresAreCosinesWhateverTheDistance(Distance distance) {
        try (var other =
                new QdrantIndex(Configs.at("localhost", server.port(), null, PayloadLayout.FRESHET, distance))) {
            other.create("other", SPEC);
            other.apply("other", writes(20, 1));
            List<SearchHit> hits = other.search("other", dense("text 3", 40));
            assertThat(hits).hasSize(40);
            assertThat(hits.getFirst().text()).isEqualTo("text 3");
            assertThat(hits)
                    .allSatisfy(hit -> assertThat((double) hit.score())
                            .isCloseTo(
                                    SampleDocument.cosine(vectorOf("text 3"), vectorOf(hit.text())),
                                    org.assertj.core.api.Assertions.within(1e-5)));
        }
    }

    @Test
    void anIntegerIndexIsReplacedWhenAFractionComes() {
        index.apply(DOCS, puts(article("1", "one").with(Map.of("n", 1L))));
        assertThat(server.collection(DOCS).indexes()).containsEntry("metadata.n", FieldType.FieldTypeInteger);
        index.apply(DOCS, puts(article("2", "two").with(Map.of("n", 1.5))));
        assertThat(server.collection(DOCS).indexes()).containsEntry("metadata.n", FieldType.FieldTypeFloat);
        var range = new Filter(List.of(new Filter.Range("n", 1.2, null, null, null)));
        assertThat(index.search(DOCS, new IndexQuery.Dense(vectorOf("x"), 5, range)))
                .hasSize(1);
    }

    @Test
    void freeKeysDoNotMakeIndexesWithoutEnd() {
        for (int i = 0; i < 200; i++) {
            index.apply(DOCS, puts(article("" + i, "x").with(Map.of("key " + i, "v"))));
        }
        assertThat(server.collection(DOCS).indexes()).hasSize(64);
        var last = new Filter(List.of(new Filter.AnyOf("key 199", List.of("v"))));
        assertThat(index.search(DOCS, new IndexQuery.Dense(vectorOf("x"), 5, last)))
                .hasSize(1);
    }

    // ---- words

    @Test
    void theServerMakesTheWordsWhereItCanAndOtherwiseFreshetDoes() {
        index.apply(DOCS, puts(article("1", "a running fox"), article("2", "an apple")));
        server.withoutInference();
        index.create("old", SPEC);
        index.apply("old", puts(article("1", "a running fox"), article("2", "an apple")));
        // The double makes them as Freshet does: only who makes them differs.
        assertThat(server.collection("old").points()).isNotEmpty();
        assertThat(server.collection("old").points().values())
                .extracting(DoubleCollection.Point::sparse)
                .allMatch(sparse -> sparse.containsKey("bm25"));
        assertThat(index.search("old", new IndexQuery.Lexical("foxes run", 5, Filter.NONE)))
                .extracting(SearchHit::text)
                .containsExactly("a running fox");
        assertThat(index.search("old", new IndexQuery.Lexical("the", 5, Filter.NONE)))
                .isEmpty();
    }

    // ---- the way in

    @Test
    void aWrongKeyIsNamedAndNeverShown() {
        server.apiKey("right");
        var config =
                Configs.at("localhost", server.port(), new Secret("wrong-key"), PayloadLayout.FRESHET, Distance.COSINE);
        assertThatThrownBy(() -> new QdrantIndex(config).close())
                .isInstanceOf(IndexException.class)
                .hasMessageContaining("index.qdrant.apiKey")
                .hasMessageNotContaining("wrong-key");
        assertThat(config.toString()).doesNotContain("wrong-key");
        new QdrantIndex(Configs.at(
                        "localhost", server.port(), new Secret("right"), PayloadLayout.FRESHET, Distance.COSINE))
                .close();
    }

    @Test
    void aServerThatIsTooOldIsRefused() {
        server.version("1.11.4");
        assertFails(Kind.PERMANENT, "needs 1.12", () -> new QdrantIndex(Configs.at(server)).close());
        server.version("2.0.0");
        new QdrantIndex(Configs.at(server)).close();
    }

    @Test
    void noServerIsSaidAtOnce() throws Exception {
        int port;
        try (var socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
            long start = System.nanoTime();
            // Somebody listens and never answers.
            assertFails(
                    Kind.TRANSIENT,
                    "index.qdrant.port",
                    () -> new QdrantIndex(Configs.at("localhost", port, null, PayloadLayout.FRESHET, Distance.COSINE))
                            .close());
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
        }
        assertFails(
                Kind.TRANSIENT,
                "index.qdrant.host",
                () -> new QdrantIndex(Configs.at("localhost", port, null, PayloadLayout.FRESHET, Distance.COSINE))
                        .close());
    }

    @Test
    void anotherModelIsRefused() {
        assertFails(
                Kind.PERMANENT,
                "model-a",
                () -> index.create(DOCS, new CollectionSpec(SPEC.dimension(), "other", "c", Map.of())));
    }

    private static IndexQuery dense(String text, int limit) {
        return new IndexQuery.Dense(vectorOf(text), limit, Filter.NONE);
    }

    private List<StoredDocument> scan() {
        List<StoredDocument> documents = new ArrayList<>();
        index.scan(DOCS, documents::add);
        return documents;
    }

    private static void assertFails(Kind kind, String saying, Runnable call) {
        assertThatThrownBy(call::run)
                .isInstanceOfSatisfying(
                        IndexException.class, e -> assertThat(e.kind()).isEqualTo(kind))
                .hasMessageContaining(saying);
    }
}
