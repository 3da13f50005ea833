package dev.freshet.index.qdrant;

import dev.freshet.index.DocumentHead;
import dev.freshet.index.StoredChunk;
import dev.freshet.index.StoredDocument;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** Reads all documents, each as it was at one moment, in memory of a page of them. */
final class Scan {

    private static final int DOCUMENTS_PER_PAGE = 100;

    private final Heads heads;
    private final Reads chunks;
    private final ChunkPoints chunkPoints;

    Scan(Heads heads, Reads chunks, ChunkPoints chunkPoints) {
        this.heads = heads;
        this.chunks = chunks;
        this.chunkPoints = chunkPoints;
    }

    void run(Consumer<StoredDocument> consumer) {
        heads.pages(DOCUMENTS_PER_PAGE, page -> hand(page, consumer));
    }

    /** The document of a head that was read, or what it has become since, if it is still there. */
    Optional<StoredDocument> document(String headId, DocumentHead head) {
        var found = new ArrayList<StoredDocument>(1);
        hand(Map.of(headId, head), found::add);
        return found.stream().findFirst();
    }

    /** A document whose chunks are not all there has changed since its head was read, and is read again. */
    private void hand(Map<String, DocumentHead> page, Consumer<StoredDocument> consumer) {
        Map<String, DocumentHead> left = page;
        Map<String, DocumentHead> before = Map.of();
        while (!left.isEmpty()) {
            Map<String, StoredChunk> found = read(left);
            var incomplete = new LinkedHashSet<String>();
            for (var entry : left.entrySet()) {
                DocumentHead head = entry.getValue();
                boolean complete = found.keySet().containsAll(head.chunkIds());
                // A head that stays as it is while chunks are missing has lost them for good: somebody deleted them.
                if (complete || head.equals(before.get(entry.getKey()))) {
                    consumer.accept(stored(head, found));
                } else {
                    incomplete.add(entry.getKey());
                }
            }
            before = left;
            left = incomplete.isEmpty() ? Map.of() : heads.read(incomplete);
        }
    }

    private Map<String, StoredChunk> read(Map<String, DocumentHead> documents) {
        Set<String> ids = new LinkedHashSet<>();
        documents.values().forEach(head -> ids.addAll(head.chunkIds()));
        Map<String, StoredChunk> found = new HashMap<>();
        chunks.get(ids, chunkPoints.selector(), true)
                .forEach(point -> found.put(point.getId().getUuid(), chunkPoints.stored(point)));
        return found;
    }

    private static StoredDocument stored(DocumentHead head, Map<String, StoredChunk> found) {
        List<StoredChunk> own = new ArrayList<>();
        for (String id : head.chunkIds()) {
            StoredChunk chunk = found.get(id);
            if (chunk != null) {
                own.add(chunk);
            }
        }
        return new StoredDocument(head, own);
    }
}
