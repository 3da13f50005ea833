package dev.freshet.index.qdrant;

import dev.freshet.change.Version;
import dev.freshet.config.QdrantConfig;
import dev.freshet.document.DocumentKey;
import dev.freshet.index.CollectionState;
import dev.freshet.index.DocumentHead;
import dev.freshet.index.DocumentWrite;
import dev.freshet.index.IndexQuery;
import dev.freshet.index.Refusal;
import dev.freshet.index.SearchHit;
import dev.freshet.index.StoredDocument;
import dev.freshet.index.Tombstone;
import io.qdrant.client.grpc.Collections.CollectionInfo;
import io.qdrant.client.grpc.Common.Filter;
import io.qdrant.client.grpc.Points.PointStruct;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One collection: its chunks in a collection of Qdrant, the heads of its documents in another one beside it.
 *
 * <p>The server makes no two writes visible at once. So new chunks are applied before the head that lists them, and the
 * head before old chunks are deleted ({@link FencedWrites}); readers take for a document's chunks what its head lists.
 */
final class QdrantCollection {

    private static final int CHUNKS_PER_REQUEST = 256;
    private static final long POSITION_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long SWEEP_NANOS = TimeUnit.MINUTES.toNanos(10);

    private final String name;
    private final Updates updates;
    private final PayloadIndexes indexes;
    private final Layout layout;
    private final Heads heads;
    private final Reads chunks;
    private final ChunkPoints chunkPoints;
    private final Retrieval retrieval;
    private final Scan scan;
    private final FencedWrites writes;

    /** How long tombstones are kept. */
    private final Duration tombstones;

    private volatile Description description;

    // Under this.
    private @Nullable String writtenPosition;
    private long positionWrittenAt;
    private long sweptAt = System.nanoTime() - SWEEP_NANOS;

    QdrantCollection(
            QdrantConnection connection,
            QdrantConfig config,
            String name,
            Heads heads,
            Description description,
            CollectionInfo info,
            Duration tombstones) {
        this.name = name;
        this.description = description;
        this.writtenPosition = description.position();
        this.positionWrittenAt = System.nanoTime() - POSITION_NANOS;
        this.heads = heads;
        updates = new Updates(connection, config.writeOrdering());
        layout = Layout.of(description.layout());
        indexes = new PayloadIndexes(connection, name, layout, info.getPayloadSchemaMap());
        chunks = new Reads(connection, name, CHUNKS_PER_REQUEST);
        chunkPoints = new ChunkPoints(layout, description.words(), connection.hasTypedVectors());
        retrieval = new Retrieval(connection, name, config.collection().distance(), description, chunkPoints, heads);
        scan = new Scan(heads, chunks, chunkPoints);
        writes = new FencedWrites(
                name,
                updates,
                heads,
                chunks,
                chunkPoints,
                indexes,
                layout,
                description.spec().dimension());
        this.tombstones = tombstones;
    }

    /** What it is called in Qdrant. */
    String name() {
        return name;
    }

    Description description() {
        return description;
    }

    CollectionState describe() {
        return new CollectionState(
                description.spec(), heads.count(), chunks.count(Filter.getDefaultInstance()), description.position());
    }

    /** Makes the indexes that every collection has. */
    void createIndexes() {
        indexes.createOwn();
    }

    /** Records what it is built with from now on. */
    synchronized void describeAs(Description next) {
        updates.send(heads.collection(), updates.upserts(List.of(next.point())));
        description = next;
        writtenPosition = next.position();
    }

    Map<DocumentKey, DocumentHead> heads(Collection<DocumentKey> keys) {
        var found = new HashMap<DocumentKey, DocumentHead>();
        Set<DocumentKey> wanted = new HashSet<>(keys);
        heads.read(wanted.stream().map(Ids::head).toList()).values().stream()
                .filter(head -> wanted.contains(head.key()))
                .forEach(head -> found.put(head.key(), head));
        return found;
    }

    Optional<StoredDocument> document(DocumentKey key) {
        DocumentHead head = heads(List.of(key)).get(key);
        return head == null ? Optional.empty() : scan.document(Ids.head(key), head);
    }

    Optional<Tombstone> tombstone(DocumentKey key) {
        return heads.tombstone(Ids.head(key));
    }

    /** @return the documents whose writes came too late */
    Map<DocumentKey, Refusal> apply(List<DocumentWrite> documents) {
        return writes.apply(documents);
    }

    long truncate(String mapping, Version version) {
        long[] documents = {0};
        Instant now = Instant.now();
        heads.idPages(mapping, version, page -> {
            List<PointStruct> tombstones = page.stream()
                    .map(id -> Heads.tombstone(id, mapping, version, null, now))
                    .toList();
            updates.send(heads.collection(), updates.upserts(tombstones, Heads.FENCE.notNewerThan(version)));
            documents[0] += page.size();
        });
        chunks.idPages(
                Filters.anyOf(layout.ownPath(Layout.MAPPING), List.of(mapping)),
                page -> updates.send(name, updates.deletes(page, layout.fence().notNewerThan(version))));
        return documents[0];
    }

    long removeAll(String mapping) {
        long documents = heads.count(mapping);
        heads.idPages(mapping, page -> updates.send(heads.collection(), updates.deletes(page)));
        chunks.idPages(
                Filters.anyOf(layout.ownPath(Layout.MAPPING), List.of(mapping)),
                page -> updates.send(name, updates.deletes(page)));
        return documents;
    }

    List<SearchHit> search(IndexQuery query) {
        return retrieval.search(query);
    }

    void scan(Consumer<StoredDocument> consumer) {
        scan.run(consumer);
    }

    /**
     * Notes how current the collection is. Everything that was applied is in the server's log already; the position is
     * only told to people, so it need not be written each time.
     */
    synchronized void flush(@Nullable String position, boolean atOnce) {
        if (position != null) {
            description = new Description(description.spec(), description.layout(), description.words(), position);
        }
        sweepIfDue();
        String current = description.position();
        boolean due = atOnce || System.nanoTime() - positionWrittenAt >= POSITION_NANOS;
        if (due && current != null && !current.equals(writtenPosition)) {
            updates.send(heads.collection(), updates.upserts(List.of(description.point())));
            writtenPosition = current;
            positionWrittenAt = System.nanoTime();
        }
    }

    /** Forgets the tombstones that have been kept for long enough, unless something else stands there meanwhile. */
    private void sweepIfDue() {
        if (System.nanoTime() - sweptAt < SWEEP_NANOS) {
            return;
        }
        heads.tombstonePages(Instant.now().minus(tombstones), page -> {
            Filter unchanged = Filter.newBuilder()
                    .addMust(Fence.keywords(Heads.STAMP, Set.copyOf(page.values())))
                    .build();
            updates.send(heads.collection(), updates.deletes(List.copyOf(page.keySet()), unchanged));
        });
        sweptAt = System.nanoTime();
    }
}
