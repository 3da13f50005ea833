package dev.freshet.index.qdrant;

import static dev.freshet.index.SampleDocument.SPEC;
import static dev.freshet.index.SampleDocument.article;
import static dev.freshet.index.SampleDocument.puts;
import static dev.freshet.index.SampleDocument.vectorOf;
import static dev.langchain4j.store.embedding.filter.MetadataFilterBuilder.metadataKey;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.config.PayloadLayout;
import dev.freshet.config.QdrantConfig;
import dev.freshet.index.Filter;
import dev.freshet.index.IndexException;
import dev.freshet.index.IndexQuery;
import dev.freshet.index.SampleDocument;
import dev.freshet.index.SearchHit;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.store.embedding.EmbeddingSearchRequest;
import dev.langchain4j.store.embedding.qdrant.QdrantEmbeddingStore;
import io.qdrant.client.QdrantClient;
import io.qdrant.client.QdrantGrpcClient;
import io.qdrant.client.WithPayloadSelectorFactory;
import io.qdrant.client.grpc.JsonWithInt.Value;
import io.qdrant.client.grpc.Points.RetrievedPoint;
import io.qdrant.client.grpc.Points.ScrollPoints;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.ai.document.Document;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.ai.embedding.EmbeddingRequest;
import org.springframework.ai.embedding.EmbeddingResponse;
import org.springframework.ai.vectorstore.SearchRequest;
import org.springframework.ai.vectorstore.qdrant.QdrantVectorStore;

/**
 * What Freshet writes, read by others: by the real stores of LangChain4j and Spring AI, and by the field names that the
 * others document. Against a real server if there is one, otherwise against the double.
 */
final class FrameworksTest {

    private static final SampleDocument BILLING = article("1", "one", "two")
            .with(Map.of("category", "billing", "price", 12L, "tags", List.of("a"), "open", true))
            .tenant("acme");
    private static final SampleDocument OTHER = article("2", "three").with(Map.of("category", "other"));

    private final String collection = "freshet-test-" + UUID.randomUUID();
    private final QdrantDouble server = new QdrantDouble();
    private QdrantConfig config = Configs.at(server);

    @AfterEach
    void removeCollection() {
        try (var index = new QdrantIndex(config)) {
            index.drop(collection);
        }
        server.close();
    }

    private QdrantIndex write(PayloadLayout layout) {
        boolean real = RealServer.isThere() && layout != PayloadLayout.LANGCHAIN4J;
        config = real ? RealServer.config(layout) : Configs.at(server, layout);
        var index = new QdrantIndex(config);
        index.create(collection, SPEC);
        index.apply(collection, puts(BILLING, OTHER));
        return index;
    }

    private QdrantClient client() {
        var builder = QdrantGrpcClient.newBuilder(config.host(), config.port(), false);
        if (config.apiKey() != null) {
            builder.withApiKey(config.apiKey().value());
        }
        return new QdrantClient(builder.build());
    }

    /** Its store reads vectors where servers up to 1.16 put them; with later ones it does not work at all. */
    @Test
    void langChain4jsStoreFindsTextAndMetadata() {
        server.version("1.16.3");
        try (var index = write(PayloadLayout.LANGCHAIN4J);
                var client = client()) {
            var store = QdrantEmbeddingStore.builder()
                    .client(client)
                    .collectionName(collection)
                    .build();
            var all = store.search(EmbeddingSearchRequest.builder()
                            .queryEmbedding(Embedding.from(vectorOf("two")))
                            .maxResults(10)
                            .build())
                    .matches();
            assertThat(all).hasSize(3);
            assertThat(all.getFirst().embedded().text()).isEqualTo("two");
            assertThat(all.getFirst().embedded().metadata().getString("category"))
                    .isEqualTo("billing");
            assertThat(all.getFirst().embedded().metadata().getLong("price")).isEqualTo(12);
            assertThat(all.getFirst().embedded().metadata().getString("freshet_id"))
                    .isEqualTo("1");
            assertThat(all.getFirst().score()).isGreaterThan(0.999);
            assertThat(store.search(EmbeddingSearchRequest.builder()
                                    .queryEmbedding(Embedding.from(vectorOf("two")))
                                    .maxResults(10)
                                    .filter(metadataKey("category").isEqualTo("other"))
                                    .build())
                            .matches())
                    .extracting(match -> match.embedded().text())
                    .containsExactly("three");
            assertUpdated(index);
            assertThatThrownBy(() -> index.search(collection, new IndexQuery.Lexical("one", 1, Filter.NONE)))
                    .isInstanceOf(IndexException.class)
                    .hasMessageContaining("payload.layout");
        }
    }

    @Test
    void springAisStoreFindsTextAndMetadata() {
        try (var index = write(PayloadLayout.SPRING_AI);
                var client = client()) {
            QdrantVectorStore store = QdrantVectorStore.builder(client, new SampleEmbeddings())
                    .collectionName(collection)
                    .build();
            List<Document> all = store.similaritySearch(
                    SearchRequest.builder().query("two").topK(10).build());
            assertThat(all).hasSize(3);
            assertThat(all.getFirst().getText()).isEqualTo("two");
            assertThat(all.getFirst().getMetadata())
                    .containsEntry("category", "billing")
                    .containsEntry("freshet_tenant", "acme");
            assertThat(store.similaritySearch(SearchRequest.builder()
                            .query("two")
                            .topK(10)
                            .filterExpression("category == 'other'")
                            .build()))
                    .extracting(Document::getText)
                    .containsExactly("three");
            assertUpdated(index);
        }
    }

    @Test
    void langChainFindsItsFields() throws Exception {
        try (var index = write(PayloadLayout.LANGCHAIN)) {
            Map<String, Value> payload = payloadOf(BILLING.head().chunkIds().getFirst());
            assertThat(payload.get("page_content")).isEqualTo(Values.of("one"));
            assertThat(payload.get("metadata")).isEqualTo(Values.of(BILLING.metadata()));
            assertUpdated(index);
        }
    }

    @Test
    void llamaIndexFindsItsFields() throws Exception {
        try (var index = write(PayloadLayout.LLAMA_INDEX)) {
            Map<String, Value> payload = payloadOf(BILLING.head().chunkIds().getFirst());
            assertThat(payload.get("text")).isEqualTo(Values.of("one"));
            assertThat(payload.get("category")).isEqualTo(Values.of("billing"));
            assertThat(payload.get("doc_id")).isEqualTo(Values.of("1"));
            assertUpdated(index);
        }
    }

    @Test
    void haystackFindsItsFieldsAndNoOthers() throws Exception {
        try (var index = write(PayloadLayout.HAYSTACK)) {
            String chunk = BILLING.head().chunkIds().getFirst();
            Map<String, Value> payload = payloadOf(chunk);
            assertThat(payload).containsOnlyKeys("id", "content", "meta");
            assertThat(payload.get("id")).isEqualTo(Values.of(chunk));
            assertThat(payload.get("content")).isEqualTo(Values.of("one"));
            assertThat(DoubleFilter.values("meta.category", payload)).containsExactly(Values.of("billing"));
            assertUpdated(index);
        }
    }

    /** Metadata that change or go are changed or gone in every layout, and the tenant with them. */
    private static void assertHits(QdrantIndex index, String collection, String field, Object value, int hits) {
        var filter = new Filter(List.of(new Filter.AnyOf(field, List.of(value))));
        assertThat(index.search(collection, new IndexQuery.Dense(vectorOf("one"), 10, filter)))
                .as(field)
                .extracting(SearchHit::document)
                .hasSize(hits);
    }

    private void assertUpdated(QdrantIndex index) {
        assertHits(index, collection, "tenant", "acme", 2);
        assertHits(index, collection, "price", 12L, 2);
        SampleDocument after =
                BILLING.with(Map.of("category", "changed")).tenant(null).version(2, "one", "two");
        index.apply(collection, List.of(after.putAfter(BILLING)));
        assertHits(index, collection, "tenant", "acme", 0);
        assertHits(index, collection, "price", 12L, 0);
        assertHits(index, collection, "category", "billing", 0);
        assertHits(index, collection, "category", "changed", 2);
    }

    private Map<String, Value> payloadOf(String chunk) throws Exception {
        try (var client = client()) {
            return client
                    .scrollAsync(ScrollPoints.newBuilder()
                            .setCollectionName(collection)
                            .setLimit(10)
                            .setWithPayload(WithPayloadSelectorFactory.enable(true))
                            .build())
                    .get()
                    .getResultList()
                    .stream()
                    .filter(point -> point.getId().getUuid().equals(chunk))
                    .map(RetrievedPoint::getPayloadMap)
                    .findFirst()
                    .orElseThrow();
        }
    }

    private static final class SampleEmbeddings implements EmbeddingModel {
        @Override
        public EmbeddingResponse call(EmbeddingRequest request) {
            throw new UnsupportedOperationException();
        }

        @Override
        public float[] embed(Document document) {
            return vectorOf(String.valueOf(document.getText()));
        }

        @Override
        public float[] embed(String text) {
            return vectorOf(text);
        }
    }
}
