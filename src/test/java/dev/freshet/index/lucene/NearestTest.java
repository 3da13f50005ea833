package dev.freshet.index.lucene;

import static dev.freshet.index.SampleDocument.SPEC;
import static dev.freshet.index.SampleDocument.article;
import static dev.freshet.index.SampleDocument.cosine;
import static dev.freshet.index.SampleDocument.unitVector;
import static dev.freshet.index.SampleDocument.vectorOf;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.index.DocumentWrite;
import dev.freshet.index.Filter;
import dev.freshet.index.IndexQuery;
import dev.freshet.index.SampleDocument;
import dev.freshet.index.SearchHit;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Search where there are too many chunks to compare them all, with a tenth of them sharing 50 texts. */
final class NearestTest {

    private static final int CHUNKS = 25_000;

    @TempDir
    private static Path folder;

    private static LuceneIndex index;
    private static final List<float[]> VECTORS = new ArrayList<>();

    @BeforeAll
    static void fill() {
        index = new LuceneIndex(folder);
        index.create("c", SPEC);
        List<DocumentWrite> writes = new ArrayList<>();
        for (int i = 0; i < CHUNKS; i++) {
            String text = isShared(i) ? "boilerplate " + i % 500 : "text " + i;
            VECTORS.add(vectorOf(text));
            SampleDocument document =
                    article("" + i, text).with(Map.of("common", i % 20 != 3, "group", (long) i % 100));
            writes.add(document.put());
            // Large enough that the segments have graphs.
            if (writes.size() == CHUNKS / 2) {
                index.apply("c", writes);
                writes.clear();
            }
        }
    }

    private static boolean isShared(int i) {
        return i % 10 == 0;
    }

    @AfterAll
    static void close() {
        index.close();
    }

    @Test
    void findsTheNearest() {
        assertThat(recall(Filter.NONE, i -> true, 10)).isGreaterThanOrEqualTo(0.95);
        assertThat(recall(Filter.NONE, i -> true, 100)).isGreaterThanOrEqualTo(0.95);
    }

    @Test
    void findsTheNearestOfManyThatMatch() {
        assertThat(CHUNKS * 19 / 20).isGreaterThan(Nearest.FEW_FILTERED_CHUNKS);
        assertThat(recall(equal("common", true), i -> i % 20 != 3, 10)).isGreaterThanOrEqualTo(0.95);
    }

    @Test
    void findsExactlyTheNearestOfFewThatMatch() {
        assertThat(recall(equal("group", 7L), i -> i % 100 == 7, 10)).isEqualTo(1);
    }

    @Test
    void sharedTextsFillTheAnswerInTheOrderOfIds() {
        List<SearchHit> hits = index.search("c", new IndexQuery.Dense(vectorOf("boilerplate 10"), 60, Filter.NONE));
        assertThat(hits)
                .isSortedAccordingTo(Comparator.comparing(SearchHit::score, Comparator.reverseOrder())
                        .thenComparing(SearchHit::chunkId));
        assertThat(hits.subList(0, CHUNKS / 500)).extracting(SearchHit::text).containsOnly("boilerplate 10");
        assertThat(index.search("c", new IndexQuery.Dense(vectorOf("boilerplate 10"), 20, Filter.NONE)))
                .extracting(SearchHit::chunkId)
                .isEqualTo(hits.subList(0, 20).stream().map(SearchHit::chunkId).toList());
    }

    @Test
    void everythingCanBeAskedFor() {
        assertThat(index.search("c", new IndexQuery.Dense(vectorOf("x"), CHUNKS + 1, Filter.NONE)))
                .hasSize(CHUNKS);
    }

    private static double recall(Filter filter, Predicate<Integer> matches, int limit) {
        var random = new Random(7);
        int found = 0;
        int queries = 50;
        for (int i = 0; i < queries; i++) {
            float[] query = unitVector(random, SPEC.dimension());
            List<Double> scores = new ArrayList<>();
            for (int chunk = 0; chunk < CHUNKS; chunk++) {
                if (matches.test(chunk)) {
                    scores.add(cosine(query, VECTORS.get(chunk)));
                }
            }
            scores.sort(Comparator.reverseOrder());
            double last = scores.get(limit - 1);
            List<SearchHit> hits = index.search("c", new IndexQuery.Dense(query, limit, filter));
            assertThat(hits)
                    .hasSize(limit)
                    .allMatch(
                            hit -> matches.test(Integer.parseInt(hit.document().id())));
            found += (int)
                    hits.stream().filter(hit -> hit.score() >= last - 1e-6).count();
        }
        return found / (double) (queries * limit);
    }

    private static Filter equal(String field, Object value) {
        return new Filter(List.of(new Filter.AnyOf(field, List.of(value))));
    }
}
