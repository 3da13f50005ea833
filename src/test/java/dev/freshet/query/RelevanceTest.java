package dev.freshet.query;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.freshet.change.TableId;
import dev.freshet.change.Version;
import dev.freshet.chunk.Chunk;
import dev.freshet.chunk.Chunker;
import dev.freshet.chunk.ChunkingSpec;
import dev.freshet.document.DocumentKey;
import dev.freshet.embed.Embedder;
import dev.freshet.embed.LoadedModel;
import dev.freshet.embed.MiniLm;
import dev.freshet.index.CollectionSpec;
import dev.freshet.index.DocumentHead;
import dev.freshet.index.DocumentWrite;
import dev.freshet.index.EmbeddedChunk;
import dev.freshet.index.Filter;
import dev.freshet.index.SearchMode;
import dev.freshet.index.lucene.LuceneIndex;
import dev.freshet.pipeline.Freshness;
import dev.freshet.telemetry.Meters;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * How well each mode finds the articles that answer written questions: the mean reciprocal rank of the right article
 * among the articles found. What the default mode rests on.
 */
@Timeout(300)
final class RelevanceTest {

    private static final List<String> CATEGORIES = List.of(
            "billing", "account", "shipping", "returns", "api", "integrations", "security", "mobile", "storefront");
    private static final YAMLMapper YAML = new YAMLMapper();

    @TempDir
    private Path folder;

    @Test
    void meaningFindsWhatIsSaidInOtherWordsAndWordsFindCodes() throws Exception {
        Map<String, Map<SearchMode, Double>> figures = measure();
        // Kept with the test's output, for docs/decisions/0016-dense-by-default.md.
        figures.forEach((kind, means) -> System.out.println(kind + " " + means));

        assertThat(of(figures, "paraphrase", SearchMode.DENSE))
                .isGreaterThan(of(figures, "paraphrase", SearchMode.HYBRID) + 0.05);
        assertThat(of(figures, "paraphrase", SearchMode.HYBRID))
                .isGreaterThan(of(figures, "paraphrase", SearchMode.LEXICAL) + 0.1);
        assertThat(of(figures, "codes", SearchMode.LEXICAL)).isGreaterThan(0.9);
        assertThat(of(figures, "codes", SearchMode.HYBRID)).isGreaterThan(of(figures, "codes", SearchMode.DENSE) + 0.1);
        assertThat(of(figures, "keywords", SearchMode.DENSE)).isGreaterThan(0.9);
        assertThat(of(figures, "keywords", SearchMode.LEXICAL)).isGreaterThan(0.9);
        assertThat(of(figures, "keywords", SearchMode.HYBRID)).isGreaterThan(0.9);
    }

    private static double of(Map<String, Map<SearchMode, Double>> figures, String kind, SearchMode mode) {
        return Objects.requireNonNull(Objects.requireNonNull(figures.get(kind)).get(mode));
    }

    private Map<String, Map<SearchMode, Double>> measure() throws IOException {
        LoadedModel model = MiniLm.load(0);
        Map<String, Map<SearchMode, Double>> figures = new TreeMap<>();
        try (var meters = new Meters();
                var embedder = Embedder.of(model, meters);
                var index = new LuceneIndex(folder)) {
            index.create("help", new CollectionSpec(model.dimension(), "model", "chunker", Map.of()));
            index.apply("help", helpCentre(new Chunker(ChunkingSpec.DEFAULT, model.tokenizer()), embedder));
            var search = new Search(
                    index,
                    embedder,
                    Set.of("help"),
                    () -> new Freshness(null, 0, null),
                    () -> false,
                    collection -> List.of(),
                    meters);
            for (Map.Entry<String, JsonNode> kind :
                    read("/relevance/help-centre.yaml").getFirst().properties()) {
                Map<SearchMode, Double> means = new EnumMap<>(SearchMode.class);
                for (SearchMode mode : SearchMode.values()) {
                    means.put(mode, meanReciprocalRank(search, mode, kind.getValue()));
                }
                figures.put(kind.getKey(), means);
            }
        }
        return figures;
    }

    private static double meanReciprocalRank(Search search, SearchMode mode, JsonNode questions) {
        double sum = 0;
        for (Map.Entry<String, JsonNode> question : questions.properties()) {
            SearchAnswer answer =
                    search.search(new SearchRequest(question.getKey(), null, mode, 50, null, Filter.NONE));
            List<String> titles = answer.hits().stream()
                    .map(hit -> String.valueOf(hit.metadata().get("title")))
                    .distinct()
                    .toList();
            int place = titles.indexOf(question.getValue().asText());
            sum += place < 0 ? 0 : 1.0 / (place + 1);
        }
        return sum / questions.size();
    }

    private static List<DocumentWrite> helpCentre(Chunker chunker, Embedder embedder) throws IOException {
        List<DocumentWrite> writes = new ArrayList<>();
        for (String category : CATEGORIES) {
            for (JsonNode article : read("/demo/articles-" + category + ".yaml")) {
                writes.add(put("articles", article, "body", chunker, embedder));
            }
        }
        for (JsonNode handbook : read("/demo/handbooks.yaml")) {
            writes.add(put("handbooks", handbook, "content", chunker, embedder));
        }
        return writes;
    }

    private static DocumentWrite put(String mapping, JsonNode row, String body, Chunker chunker, Embedder embedder) {
        String title = row.get("title").asText();
        var key = new DocumentKey(mapping, row.get("category").asText() + "/" + title);
        List<Chunk> chunks =
                chunker.chunk(key, "# " + title + "\n\n" + row.get(body).asText());
        List<CompletableFuture<float[]>> vectors =
                embedder.submit(chunks.stream().map(Chunk::embeddingText).toList(), Embedder.Priority.BACKFILL);
        List<EmbeddedChunk> embedded = new ArrayList<>();
        for (int i = 0; i < chunks.size(); i++) {
            embedded.add(new EmbeddedChunk(chunks.get(i), vectors.get(i).join()));
        }
        var head = new DocumentHead(
                key,
                key.row(),
                new TableId("public", key.mapping()),
                Map.of("id", key.row()),
                Map.of("title", title),
                null,
                new Version(1, 0),
                Instant.EPOCH,
                Instant.EPOCH,
                "payload",
                chunks.stream().map(Chunk::id).toList());
        return new DocumentWrite.Put(head, null, embedded, List.of(), false);
    }

    private static List<JsonNode> read(String resource) throws IOException {
        try (InputStream stream = RelevanceTest.class.getResourceAsStream(resource)) {
            return YAML.readerFor(JsonNode.class)
                    .<JsonNode>readValues(Objects.requireNonNull(stream, resource))
                    .readAll();
        }
    }
}
