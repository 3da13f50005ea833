package dev.freshet.index.qdrant;

import static java.util.Objects.requireNonNull;

import dev.freshet.change.Version;
import dev.freshet.document.DocumentKey;
import dev.freshet.index.DocumentHead;
import dev.freshet.index.DocumentWrite;
import dev.freshet.index.DocumentWrite.Put;
import dev.freshet.index.DocumentWrite.Remove;
import dev.freshet.index.EmbeddedChunk;
import dev.freshet.index.IndexException;
import dev.freshet.index.Refusal;
import dev.freshet.index.UnitVector;
import dev.freshet.index.qdrant.Heads.Mark;
import dev.freshet.index.qdrant.Heads.State;
import io.qdrant.client.grpc.Common.Filter;
import io.qdrant.client.grpc.Points.PointStruct;
import io.qdrant.client.grpc.Points.PointsUpdateOperation;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Carries out writes of documents while others may write the same ones, in steps of which the server does each at once:
 *
 * <ol>
 *   <li>read what there is of the documents; what is too late is refused;
 *   <li>read the ids of their chunks;
 *   <li>write the new chunks, and the new payload of those that stay, where the server has none that is newer;
 *   <li>write the heads, where there still is what was read, or nothing;
 *   <li>read the heads: whose was not taken has lost, because the server skips without a word;
 *   <li>delete the chunks that the head does not list, where they are not newer. A chunk that another writer has listed
 *       since was written by it anew, and so is newer.
 * </ol>
 *
 * <p>So a head that is found always has its chunks, and the newest version wins in whatever order the steps of several
 * writers come.
 */
final class FencedWrites {

    private static final int KEYS_PER_FILTER = 2_048;
    private static final int HEADS_PER_CONDITION = 256;

    /** No head has this stamp: where there was nothing, something that is there now has come meanwhile. */
    private static final String NOTHING = "nothing";

    private final String collection;
    private final Updates updates;
    private final Heads heads;
    private final Reads chunks;
    private final ChunkPoints chunkPoints;
    private final PayloadIndexes indexes;
    private final Layout layout;
    private final Fence fence;
    private final int dimension;

    FencedWrites(
            String collection,
            Updates updates,
            Heads heads,
            Reads chunks,
            ChunkPoints chunkPoints,
            PayloadIndexes indexes,
            Layout layout,
            int dimension) {
        this.collection = collection;
        this.updates = updates;
        this.heads = heads;
        this.chunks = chunks;
        this.chunkPoints = chunkPoints;
        this.indexes = indexes;
        this.layout = layout;
        this.fence = layout.fence();
        this.dimension = dimension;
    }

    /** @return the documents whose writes came too late */
    Map<DocumentKey, Refusal> apply(List<DocumentWrite> all) {
        Map<DocumentKey, Refusal> refused = new HashMap<>();
        Map<String, DocumentWrite> writes = byHead(all);
        if (writes.isEmpty()) {
            return refused;
        }
        List<PointStruct> newChunks = newChunks(writes);
        Map<String, State> before = heads.states(writes.keySet());
        writes.entrySet().removeIf(entry -> isRefused(entry.getValue(), before.get(entry.getKey()), refused));
        Map<String, String> present = chunksOf(writes.keySet());
        refuseIncomplete(writes, present.keySet(), before, refused);
        indexes.ensure(changedHeads(writes.values()));
        updates.send(collection, chunkChanges(writes, newChunks, before));
        updates.send(heads.collection(), headChanges(writes, before));
        Map<String, Refusal> lost = lost(writes, heads.marks(writes.keySet()));
        updates.send(collection, cleaning(writes, present, before, lost));
        lost.forEach((id, refusal) -> refused.put(requireNonNull(writes.get(id)).key(), refusal));
        return refused;
    }

    private static Map<String, DocumentWrite> byHead(List<DocumentWrite> all) {
        Map<String, DocumentWrite> writes = new LinkedHashMap<>();
        for (DocumentWrite write : all) {
            if (writes.put(Ids.head(write.key()), write) != null) {
                throw IndexException.refused("Document " + write.key() + " is written twice in one call");
            }
        }
        return writes;
    }

    /** The new chunks, checked before anything is sent. */
    private List<PointStruct> newChunks(Map<String, DocumentWrite> writes) {
        var points = new ArrayList<PointStruct>();
        writes.forEach((id, write) -> {
            if (write instanceof Put put) {
                for (EmbeddedChunk embedded : put.added()) {
                    float[] vector = UnitVector.of(
                            embedded.vector(),
                            dimension,
                            "chunk " + embedded.chunk().id());
                    points.add(chunkPoints.point(put.head(), id, embedded, vector));
                }
            }
        });
        return points;
    }

    private static boolean isRefused(DocumentWrite write, @Nullable State before, Map<DocumentKey, Refusal> refused) {
        Refusal refusal = refusal(write, before);
        if (refusal != null) {
            refused.put(write.key(), refusal);
        }
        return refusal != null;
    }

    private static @Nullable Refusal refusal(DocumentWrite write, @Nullable State before) {
        if (before != null && write.version().compareTo(before.version()) < 0) {
            return Refusal.OLDER;
        }
        boolean moved = write instanceof Put put
                && put.base() != null
                && (before == null
                        || !(before.stamp().equals(put.base())
                                // It was written already, and only the answer was lost.
                                || before.stamp().equals(put.head().stamp())));
        return moved ? Refusal.MOVED : null;
    }

    /**
     * All chunks that there are of these documents, with the ids of their heads: also of those that a write left behind
     * which was cut short, and which no head lists.
     */
    private Map<String, String> chunksOf(Set<String> headIds) {
        Map<String, String> found = new LinkedHashMap<>();
        List<String> all = List.copyOf(headIds);
        for (int from = 0; from < all.size(); from += KEYS_PER_FILTER) {
            chunksOf(all.subList(from, Math.min(all.size(), from + KEYS_PER_FILTER)), found);
        }
        return found;
    }

    private void chunksOf(List<String> headIds, Map<String, String> found) {
        try {
            chunks.pages(
                    Filters.anyOf(layout.ownPath(Layout.DOCUMENT), headIds),
                    chunkPoints.ownerSelector(),
                    Reads.IDS_PER_PAGE,
                    page -> page.forEach(
                            point -> found.put(point.getId().getUuid(), chunkPoints.owner(point.getPayloadMap()))));
        } catch (CallFailed e) {
            if (!e.asksForLess() || headIds.size() == 1) {
                throw e;
            }
            int middle = headIds.size() / 2;
            chunksOf(headIds.subList(0, middle), found);
            chunksOf(headIds.subList(middle, headIds.size()), found);
        }
    }

    /**
     * Refuses documents whose heads rely on chunks that are not there: because the document has moved meanwhile, or
     * somebody else has deleted them. In that case the head goes, so that it is written as a whole the next time.
     */
    private void refuseIncomplete(
            Map<String, DocumentWrite> writes,
            Set<String> present,
            Map<String, State> before,
            Map<DocumentKey, Refusal> refused) {
        Map<String, String> missing = missing(writes, present);
        if (missing.isEmpty()) {
            return;
        }
        Map<String, State> now = heads.states(missing.keySet());
        missing.forEach((id, chunk) -> {
            DocumentWrite write = requireNonNull(writes.get(id));
            State was = before.get(id);
            if (was != null && !was.equals(now.get(id))) {
                refused.put(write.key(), Refusal.MOVED);
                writes.remove(id);
                return;
            }
            if (was != null) {
                Filter unmoved = Filter.newBuilder()
                        .addMust(Fence.keywords(Heads.STAMP, List.of(was.stamp())))
                        .build();
                updates.send(heads.collection(), updates.deletes(List.of(id), unmoved));
            }
            throw IndexException.refused(
                    "The head of %s lists chunk %s, which is neither added nor in collection %s of Qdrant; has somebody deleted it? Read the row again (freshet reindex)"
                            .formatted(write.key(), chunk, collection));
        });
    }

    /** A chunk that is missing, of each document that misses one. */
    private static Map<String, String> missing(Map<String, DocumentWrite> writes, Set<String> present) {
        Map<String, String> missing = new LinkedHashMap<>();
        writes.forEach((id, write) -> {
            if (write instanceof Put put) {
                var own = new LinkedHashSet<>(put.head().chunkIds());
                own.removeAll(present);
                put.added().forEach(embedded -> own.remove(embedded.chunk().id()));
                own.stream().findFirst().ifPresent(chunk -> missing.put(id, chunk));
            }
        });
        return missing;
    }

    private static List<DocumentHead> changedHeads(Collection<DocumentWrite> writes) {
        var changed = new ArrayList<DocumentHead>();
        for (DocumentWrite write : writes) {
            if (write instanceof Put put && (!put.added().isEmpty() || put.payloadChanged())) {
                changed.add(put.head());
            }
        }
        return changed;
    }

    private List<PointsUpdateOperation> chunkChanges(
            Map<String, DocumentWrite> writes, List<PointStruct> newChunks, Map<String, State> before) {
        Map<String, Version> versions = new HashMap<>();
        var rewrites = new ArrayList<PointsUpdateOperation>();
        writes.forEach((id, write) -> {
            if (write instanceof Put put) {
                put.added().forEach(embedded -> versions.put(embedded.chunk().id(), put.version()));
                rewrites.addAll(rewrites(put, before.get(id)));
            }
        });
        Map<Version, List<PointStruct>> byVersion = new LinkedHashMap<>();
        for (PointStruct point : newChunks) {
            // Not of a write that was refused.
            Version version = versions.get(point.getId().getUuid());
            if (version != null) {
                byVersion.computeIfAbsent(version, same -> new ArrayList<>()).add(point);
            }
        }
        var operations = new ArrayList<PointsUpdateOperation>();
        byVersion.forEach((version, points) -> operations.addAll(updates.upserts(points, fence.notNewerThan(version))));
        operations.addAll(rewrites);
        return operations;
    }

    /** The new payload of chunks that stay; their vectors are not sent again. */
    private List<PointsUpdateOperation> rewrites(Put put, @Nullable State before) {
        if (!put.payloadChanged()) {
            return List.of();
        }
        var staying = new LinkedHashSet<>(put.head().chunkIds());
        put.added().forEach(embedded -> staying.remove(embedded.chunk().id()));
        return staying.isEmpty()
                ? List.of()
                : chunkPoints.rewritten(put.head(), before == null ? null : before.head(), List.copyOf(staying));
    }

    /** Many by one condition: a stamp belongs to one head alone, so that it tells whether any of them has moved. */
    private List<PointsUpdateOperation> headChanges(Map<String, DocumentWrite> writes, Map<String, State> before) {
        Instant now = Instant.now();
        var operations = new ArrayList<PointsUpdateOperation>();
        List<String> ids = List.copyOf(writes.keySet());
        for (int from = 0; from < ids.size(); from += HEADS_PER_CONDITION) {
            var points = new ArrayList<PointStruct>();
            var stamps = new LinkedHashSet<String>();
            for (String id : ids.subList(from, Math.min(ids.size(), from + HEADS_PER_CONDITION))) {
                points.add(head(id, requireNonNull(writes.get(id)), now));
                State state = before.get(id);
                stamps.add(state == null ? NOTHING : state.stamp());
            }
            Filter unmoved = Filter.newBuilder()
                    .addMust(Fence.keywords(Heads.STAMP, stamps))
                    .build();
            operations.addAll(updates.upserts(points, unmoved));
        }
        return operations;
    }

    private static PointStruct head(String id, DocumentWrite write, Instant now) {
        return switch (write) {
            case Put put -> Heads.point(id, put.head());
            case Remove remove -> Heads.tombstone(id, remove.key().mapping(), remove.version(), remove.trace(), now);
        };
    }

    /** What deletes the chunks that no head lists any more: also those that a write which lost had brought. */
    private List<PointsUpdateOperation> cleaning(
            Map<String, DocumentWrite> writes,
            Map<String, String> present,
            Map<String, State> before,
            Map<String, Refusal> lost) {
        Map<String, Set<String>> unlisted = new HashMap<>();
        present.forEach((chunk, id) ->
                unlisted.computeIfAbsent(id, same -> new LinkedHashSet<>()).add(chunk));
        Map<String, State> winners = heads.states(lost.keySet());
        Map<Version, List<String>> replaced = new LinkedHashMap<>();
        Map<Version, List<String>> leftBehind = new LinkedHashMap<>();
        writes.forEach((id, write) -> {
            Set<String> own = unlisted.getOrDefault(id, new LinkedHashSet<>());
            if (write instanceof Put put) {
                put.added().forEach(embedded -> own.add(embedded.chunk().id()));
            }
            Refusal refusal = lost.get(id);
            own.removeAll(refusal == null ? chunkIds(write) : chunkIds(winners.get(id)));
            Set<String> ofBefore = refusal == null ? Set.copyOf(chunkIds(before.get(id))) : Set.of();
            for (String chunk : own) {
                // Where something newer is, nobody with this version can list anything any more.
                (refusal == Refusal.OLDER || ofBefore.contains(chunk) ? replaced : leftBehind)
                        .computeIfAbsent(write.version(), same -> new ArrayList<>())
                        .add(chunk);
            }
        });
        var operations = new ArrayList<PointsUpdateOperation>();
        replaced.forEach((version, ids) -> operations.addAll(updates.deletes(ids, fence.notNewerThan(version))));
        // Somebody who has this very version too may be about to list it.
        leftBehind.forEach((version, ids) -> operations.addAll(updates.deletes(ids, fence.olderThan(version))));
        return operations;
    }

    private static List<String> chunkIds(DocumentWrite write) {
        return write instanceof Put put ? put.head().chunkIds() : List.of();
    }

    private static List<String> chunkIds(@Nullable State state) {
        return state == null || state.head() == null ? List.of() : state.head().chunkIds();
    }

    /** Whose heads were not taken, by the ids of the heads. */
    private static Map<String, Refusal> lost(Map<String, DocumentWrite> writes, Map<String, Mark> after) {
        Map<String, Refusal> lost = new LinkedHashMap<>();
        writes.forEach((id, write) -> {
            String stamp = switch (write) {
                case Put put -> put.head().stamp();
                case Remove remove -> Heads.tombstoneStamp(remove.version());
            };
            Mark mark = after.get(id);
            if (mark == null || !mark.stamp().equals(stamp)) {
                boolean older = mark != null && write.version().compareTo(mark.version()) < 0;
                lost.put(id, older ? Refusal.OLDER : Refusal.MOVED);
            }
        });
        return lost;
    }
}
