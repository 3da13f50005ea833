package dev.freshet.index;

import dev.freshet.change.ChangeEvent.Origin;
import dev.freshet.change.SourcePosition;
import dev.freshet.change.TableId;
import dev.freshet.change.Traceparent;
import dev.freshet.change.Version;
import dev.freshet.chunk.Chunk;
import dev.freshet.document.DocumentKey;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A document for tests of a {@link VectorIndex}: the same text has the same vector everywhere.
 *
 * @param key of the document
 * @param version of all that is written with it
 * @param metadata of the document
 * @param tenant of the document
 * @param texts its chunks
 */
public record SampleDocument(
        DocumentKey key,
        Version version,
        Map<String, @Nullable Object> metadata,
        @Nullable String tenant,
        List<String> texts) {

    /** Small, so that tests are fast. */
    public static final int DIMENSION = 32;

    public static final CollectionSpec SPEC =
            new CollectionSpec(DIMENSION, "model-a", "chunker-a", Map.of("articles", "f1", "notes", "f2"));

    private static final Instant COMMITTED = Instant.parse("2026-02-03T04:05:06.123456Z");

    /** A document of the mapping {@code articles}, version 1, without metadata. */
    public static SampleDocument article(String row, String... texts) {
        return new SampleDocument(new DocumentKey("articles", row), new Version(1, 0), Map.of(), null, List.of(texts));
    }

    public SampleDocument of(String mapping) {
        return new SampleDocument(new DocumentKey(mapping, key.row()), version, metadata, tenant, texts);
    }

    public SampleDocument with(Map<String, @Nullable Object> newMetadata) {
        return new SampleDocument(key, version, newMetadata, tenant, texts);
    }

    public SampleDocument tenant(@Nullable String newTenant) {
        return new SampleDocument(key, version, metadata, newTenant, texts);
    }

    public SampleDocument version(long commit, String... newTexts) {
        return new SampleDocument(key, new Version(commit, 0), metadata, tenant, List.of(newTexts));
    }

    /** Which change every version of a document is made by. */
    public Traceparent trace() {
        return Traceparent.of(new SourcePosition("sample", version, COMMITTED, null), table(), key.row());
    }

    private TableId table() {
        return new TableId("public", key.mapping());
    }

    public DocumentHead head() {
        return head(new Provenance(
                trace(), Origin.LIVE, COMMITTED.plusMillis(1), COMMITTED.plusMillis(2), COMMITTED.plusNanos(3), 1));
    }

    public DocumentHead head(@Nullable Provenance provenance) {
        return new DocumentHead(
                key,
                key.row(),
                table(),
                Map.of("id", key.row()),
                metadata,
                tenant,
                version,
                COMMITTED,
                COMMITTED.plusMillis(7),
                hash(metadata + "/" + tenant),
                chunks().stream().map(embedded -> embedded.chunk().id()).toList(),
                provenance);
    }

    public List<EmbeddedChunk> chunks() {
        List<EmbeddedChunk> chunks = new ArrayList<>();
        Set<String> ids = new HashSet<>();
        int start = 0;
        for (String text : texts) {
            String id = id(key + "\n" + text);
            for (int again = 1; !ids.add(id); again++) {
                id = id(key + "\n" + text + "\n" + again);
            }
            int end = start + text.length();
            var chunk = new Chunk(id, start, start, end, text, List.of("Guide", "Part"), 5, hash(text));
            chunks.add(new EmbeddedChunk(chunk, vectorOf(text)));
            start = end;
        }
        return chunks;
    }

    /** Writes it as a whole. */
    public DocumentWrite.Put put() {
        return new DocumentWrite.Put(head(), null, chunks(), List.of(), false);
    }

    /** Writes only what is different from the version before. */
    public DocumentWrite.Put putAfter(SampleDocument before) {
        DocumentHead head = head();
        Set<String> old = new HashSet<>(before.head().chunkIds());
        List<EmbeddedChunk> added = chunks().stream()
                .filter(embedded -> !old.contains(embedded.chunk().id()))
                .toList();
        old.removeAll(head.chunkIds());
        boolean payloadChanged = !head.payloadHash().equals(before.head().payloadHash());
        return new DocumentWrite.Put(head, before.head().stamp(), added, List.copyOf(old), payloadChanged);
    }

    public DocumentWrite.Remove remove() {
        return new DocumentWrite.Remove(key, version, trace());
    }

    /** The one vector of a text. */
    public static float[] vectorOf(String text) {
        return unitVector(new Random(text.hashCode() * 31L + text.length()), DIMENSION);
    }

    /** A random direction. */
    public static float[] unitVector(Random random, int dimension) {
        float[] vector = new float[dimension];
        double square = 0;
        for (int i = 0; i < dimension; i++) {
            vector[i] = (float) random.nextGaussian();
            square += (double) vector[i] * vector[i];
        }
        for (int i = 0; i < dimension; i++) {
            vector[i] /= (float) Math.sqrt(square);
        }
        return vector;
    }

    /** The cosine of two vectors of length one. */
    public static double cosine(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (double) a[i] * b[i];
        }
        return sum;
    }

    public static List<DocumentWrite> puts(SampleDocument... documents) {
        return Stream.of(documents).<DocumentWrite>map(SampleDocument::put).toList();
    }

    private static String id(String content) {
        return UUID.nameUUIDFromBytes(content.getBytes(StandardCharsets.UTF_8)).toString();
    }

    private static String hash(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
