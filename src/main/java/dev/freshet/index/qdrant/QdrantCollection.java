package dev.freshet.index.qdrant;

import dev.freshet.config.QdrantConfig;
import dev.freshet.document.DocumentKey;
import dev.freshet.index.CollectionState;
import dev.freshet.index.DocumentHead;
import dev.freshet.index.DocumentWrite;
import dev.freshet.index.EmbeddedChunk;
import dev.freshet.index.IndexException;
import dev.freshet.index.IndexQuery;
import dev.freshet.index.SearchHit;
import dev.freshet.index.StoredDocument;
import io.qdrant.client.grpc.Collections.CollectionInfo;
import io.qdrant.client.grpc.Common.Filter;
import io.qdrant.client.grpc.Points.PointStruct;
import io.qdrant.client.grpc.Points.PointsUpdateOperation;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One collection: its chunks in a collection of Qdrant, the heads of its documents in another one beside it.
 *
 * <p>The server makes no two writes visible at once. So new chunks are applied before the head that lists them, and the
 * head before old chunks are deleted; readers take for a document's chunks what its head lists. What goes is deleted by
 * id and never by filter, because servers up to 1.18 evaluate filters again when they replay their log.
 */
final class QdrantCollection {

    private static final int CHUNKS_PER_REQUEST = 256;
    private static final int KEYS_PER_FILTER = 2_048;
    private static final long POSITION_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final String name;
    private final Updates updates;
    private final PayloadIndexes indexes;
    private final Layout layout;
    private final Heads heads;
    private final Reads chunks;
    private final ChunkPoints chunkPoints;
    private final Retrieval retrieval;
    private final Scan scan;

    private volatile Description description;

    // Under this.
    private @Nullable String writtenPosition;
    private long positionWrittenAt;

    QdrantCollection(
            QdrantConnection connection,
            QdrantConfig config,
            String name,
            Heads heads,
            Description description,
            CollectionInfo info) {
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

    void apply(List<DocumentWrite> writes) {
        Map<String, DocumentWrite> byHead = new LinkedHashMap<>();
        for (DocumentWrite write : writes) {
            if (byHead.put(Ids.head(write.key()), write) != null) {
                throw refused("Document " + write.key() + " is written twice in one call");
            }
        }
        if (byHead.isEmpty()) {
            return;
        }
        List<PointStruct> newChunks = newChunks(byHead);
        Set<String> present = chunksOf(byHead.keySet());
        requireComplete(byHead, present);
        indexes.ensure(changedHeads(byHead.values()));
        List<PointsUpdateOperation> changes = new ArrayList<>(updates.upserts(newChunks));
        changes.addAll(rewrites(byHead));
        updates.send(name, changes);
        updates.send(heads.collection(), headChanges(byHead));
        updates.send(name, updates.deletes(unlisted(present, byHead.values())));
    }

    private List<PointStruct> newChunks(Map<String, DocumentWrite> byHead) {
        var points = new ArrayList<PointStruct>();
        byHead.forEach((id, write) -> {
            if (write instanceof DocumentWrite.Put put) {
                for (EmbeddedChunk embedded : put.added()) {
                    float[] vector = UnitVectors.checked(
                            embedded.vector(),
                            description.spec().dimension(),
                            "chunk " + embedded.chunk().id());
                    points.add(chunkPoints.point(put.head(), id, embedded, vector));
                }
            }
        });
        return points;
    }

    /**
     * The ids of all chunks that there are of these documents: also of those that a write left behind which was cut
     * short, and which no head lists.
     */
    private Set<String> chunksOf(Set<String> headIds) {
        var ids = new LinkedHashSet<String>();
        List<String> all = List.copyOf(headIds);
        for (int from = 0; from < all.size(); from += KEYS_PER_FILTER) {
            chunksOf(all.subList(from, Math.min(all.size(), from + KEYS_PER_FILTER)), ids);
        }
        return ids;
    }

    private void chunksOf(List<String> headIds, Set<String> ids) {
        try {
            chunks.idPages(Filters.anyOf(layout.ownPath(Layout.DOCUMENT), headIds), ids::addAll);
        } catch (CallFailed e) {
            if (!e.asksForLess() || headIds.size() == 1) {
                throw e;
            }
            int middle = headIds.size() / 2;
            chunksOf(headIds.subList(0, middle), ids);
            chunksOf(headIds.subList(middle, headIds.size()), ids);
        }
    }

    /**
     * Refuses a document whose head relies on chunks that are not there, which somebody else must have deleted. Its head
     * goes, so that it is written as a whole the next time.
     */
    private void requireComplete(Map<String, DocumentWrite> byHead, Set<String> present) {
        byHead.forEach((id, write) -> {
            if (write instanceof DocumentWrite.Put put) {
                var missing = new HashSet<>(put.head().chunkIds());
                missing.removeAll(present);
                put.added().forEach(embedded -> missing.remove(embedded.chunk().id()));
                if (!missing.isEmpty()) {
                    updates.send(heads.collection(), updates.deletes(List.of(id)));
                    throw refused(
                            "The head of %s lists chunk %s, which is neither added nor in collection %s of Qdrant; has somebody deleted it? Read the row again (freshet reindex)"
                                    .formatted(put.key(), missing.iterator().next(), name));
                }
            }
        });
    }

    private static List<DocumentHead> changedHeads(Collection<DocumentWrite> writes) {
        var changed = new ArrayList<DocumentHead>();
        for (DocumentWrite write : writes) {
            if (write instanceof DocumentWrite.Put put && (!put.added().isEmpty() || put.payloadChanged())) {
                changed.add(put.head());
            }
        }
        return changed;
    }

    /** New payloads of chunks that stay; their vectors are not sent again. */
    private List<PointsUpdateOperation> rewrites(Map<String, DocumentWrite> byHead) {
        Map<String, List<String>> staying = new LinkedHashMap<>();
        byHead.forEach((id, write) -> {
            if (write instanceof DocumentWrite.Put put && put.payloadChanged()) {
                var ids = new LinkedHashSet<>(put.head().chunkIds());
                put.added().forEach(embedded -> ids.remove(embedded.chunk().id()));
                if (!ids.isEmpty()) {
                    staying.put(id, List.copyOf(ids));
                }
            }
        });
        if (staying.isEmpty()) {
            return List.of();
        }
        Map<String, DocumentHead> before = heads.read(staying.keySet());
        var operations = new ArrayList<PointsUpdateOperation>();
        staying.forEach((id, ids) -> {
            if (byHead.get(id) instanceof DocumentWrite.Put put) {
                operations.addAll(chunkPoints.rewritten(put.head(), before.get(id), ids));
            }
        });
        return operations;
    }

    private List<PointsUpdateOperation> headChanges(Map<String, DocumentWrite> byHead) {
        var points = new ArrayList<PointStruct>();
        var gone = new ArrayList<String>();
        byHead.forEach((id, write) -> {
            switch (write) {
                case DocumentWrite.Put put -> points.add(Heads.point(id, put.head()));
                case DocumentWrite.Remove ignored -> gone.add(id);
            }
        });
        List<PointsUpdateOperation> operations = new ArrayList<>(updates.upserts(points));
        operations.addAll(updates.deletes(gone));
        return operations;
    }

    private static List<String> unlisted(Set<String> present, Collection<DocumentWrite> writes) {
        var unlisted = new LinkedHashSet<>(present);
        for (DocumentWrite write : writes) {
            if (write instanceof DocumentWrite.Put put) {
                put.head().chunkIds().forEach(unlisted::remove);
            }
        }
        return List.copyOf(unlisted);
    }

    long removeAll(String mapping) {
        long[] documents = {0};
        heads.idPages(mapping, page -> {
            updates.send(heads.collection(), updates.deletes(page));
            documents[0] += page.size();
        });
        chunks.idPages(
                Filters.anyOf(layout.ownPath(Layout.MAPPING), List.of(mapping)),
                page -> updates.send(name, updates.deletes(page)));
        return documents[0];
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
        String current = description.position();
        boolean due = atOnce || System.nanoTime() - positionWrittenAt >= POSITION_NANOS;
        if (due && current != null && !current.equals(writtenPosition)) {
            updates.send(heads.collection(), updates.upserts(List.of(description.point())));
            writtenPosition = current;
            positionWrittenAt = System.nanoTime();
        }
    }

    private static IndexException refused(String message) {
        return new IndexException(IndexException.Kind.PERMANENT, message, null);
    }
}
