package dev.freshet.reconcile;

import dev.freshet.change.ChangeEvent.Origin;
import dev.freshet.change.ChangeEvent.RowUpserted;
import dev.freshet.change.RowKey;
import dev.freshet.change.SourcePosition;
import dev.freshet.change.TableId;
import dev.freshet.change.Version;
import dev.freshet.chunk.Chunk;
import dev.freshet.document.ContentHash;
import dev.freshet.document.Document;
import dev.freshet.document.DocumentKey;
import dev.freshet.document.Outcome;
import dev.freshet.index.StoredChunk;
import dev.freshet.index.StoredDocument;
import dev.freshet.index.VectorIndex;
import dev.freshet.pipeline.Target;
import dev.freshet.source.RowReader;
import dev.freshet.source.RowReader.KeyedRow;
import dev.freshet.source.Table;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Tells whether the index equals a build from scratch of the current rows (C1): the same documents, the same chunks in
 * the same order, the same payload, vectors within 1e-5 cosine. Only true while the source is still and the loop is
 * drained. Holds a digest of every document in memory.
 */
public final class Oracle {

    private static final int PAGE_ROWS = 1_000;
    private static final long PAGE_BYTES = 16L << 20;
    private static final double COSINE_TOLERANCE = 1e-5;
    private static final int MOST_EXAMPLES = 50;

    private final Map<TableId, List<Target>> targets;
    private final RowReader rows;
    private final VectorIndex index;
    private final Function<String, float[]> embed;

    /**
     * An oracle over tables.
     *
     * @param embed gives the vector a text should have, of length one
     */
    public Oracle(
            Map<TableId, List<Target>> targets, RowReader rows, VectorIndex index, Function<String, float[]> embed) {
        this.targets = Map.copyOf(targets);
        this.rows = rows;
        this.index = index;
        this.embed = embed;
    }

    /**
     * What was found.
     *
     * @param documents how many documents there should be
     * @param chunks how many chunks there should be
     * @param differences how many documents differ
     * @param examples some of the differences, for people
     */
    public record Findings(long documents, long chunks, long differences, List<String> examples) {}

    private record Expected(List<String> chunkIds, List<String> hashes, String payload) {}

    private static final class Found {
        private long differences;
        private final List<String> examples = new ArrayList<>();

        void difference(DocumentKey key, String what) {
            differences++;
            if (examples.size() < MOST_EXAMPLES) {
                examples.add(key + ": " + what);
            }
        }
    }

    /** Compares everything, and the vectors of every n-th document; 1 for all. */
    public Findings compare(int everyNthVector) {
        var byCollection = new HashMap<String, Map<DocumentKey, Expected>>();
        targets.forEach((table, its) -> its.forEach(target ->
                expect(target, byCollection.computeIfAbsent(target.mapping().collection(), name -> new HashMap<>()))));
        var found = new Found();
        long documents = 0;
        long chunks = 0;
        for (Map.Entry<String, Map<DocumentKey, Expected>> entry : byCollection.entrySet()) {
            Map<DocumentKey, Expected> expected = entry.getValue();
            documents += expected.size();
            chunks += expected.values().stream()
                    .mapToLong(each -> each.chunkIds().size())
                    .sum();
            compare(entry.getKey(), expected, everyNthVector, found);
        }
        return new Findings(documents, chunks, found.differences, List.copyOf(found.examples));
    }

    private void expect(Target target, Map<DocumentKey, Expected> expected) {
        Table table = target.table();
        RowKey after = null;
        for (List<KeyedRow> page = rows.page(table, after, PAGE_ROWS, PAGE_BYTES);
                !page.isEmpty();
                page = rows.page(table, after, PAGE_ROWS, PAGE_BYTES)) {
            for (KeyedRow row : page) {
                Document document = document(target, row);
                if (document != null) {
                    List<Chunk> chunks = target.chunker().chunk(document.key(), document.text());
                    expected.put(
                            document.key(),
                            new Expected(
                                    chunks.stream().map(Chunk::id).toList(),
                                    chunks.stream().map(Chunk::hash).toList(),
                                    ContentHash.payloadHash(document)));
                }
            }
            after = page.getLast().key();
        }
    }

    private static @Nullable Document document(Target target, KeyedRow row) {
        var now = new SourcePosition("oracle", Version.NONE, Instant.EPOCH, null);
        var event = new RowUpserted(target.table().id(), row.key(), row.row(), Origin.BACKFILL, now, null);
        return target.mapping().apply(event) instanceof Outcome.Made made ? made.document() : null;
    }

    private void compare(String collection, Map<DocumentKey, Expected> expected, int everyNth, Found found) {
        var missing = new TreeSet<>(expected.keySet());
        long[] seen = {0};
        index.scan(collection, stored -> {
            DocumentKey key = stored.head().key();
            if (!missing.remove(key)) {
                found.difference(key, "is in the index, but no row makes it");
                return;
            }
            Expected wanted = expected.get(key);
            String difference = wanted == null ? null : difference(wanted, stored, seen[0]++ % everyNth == 0);
            if (difference != null) {
                found.difference(key, difference);
            }
        });
        missing.forEach(key -> found.difference(key, "is missing in the index"));
    }

    private @Nullable String difference(Expected expected, StoredDocument stored, boolean vectors) {
        if (!expected.payload().equals(stored.head().payloadHash())) {
            return "payload differs";
        }
        if (!expected.chunkIds().equals(stored.head().chunkIds())) {
            return "chunks %s instead of %s".formatted(stored.head().chunkIds(), expected.chunkIds());
        }
        List<String> hashes = stored.chunks().stream().map(StoredChunk::hash).toList();
        if (!expected.hashes().equals(hashes)) {
            return "the chunks stored are not those of its head";
        }
        if (vectors) {
            for (StoredChunk chunk : stored.chunks()) {
                double distance =
                        1 - cosine(embed.apply(Chunk.embeddingText(chunk.headings(), chunk.text())), chunk.vector());
                if (!(distance <= COSINE_TOLERANCE)) {
                    return "vector of chunk %s is off by %g cosine".formatted(chunk.id(), distance);
                }
            }
        }
        return null;
    }

    private static double cosine(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (double) a[i] * b[i];
        }
        return sum;
    }
}
