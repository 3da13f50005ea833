package dev.freshet.index.lucene;

import dev.freshet.change.Version;
import dev.freshet.chunk.Chunk;
import dev.freshet.document.DocumentKey;
import dev.freshet.index.DocumentHead;
import dev.freshet.index.DocumentWrite;
import dev.freshet.index.EmbeddedChunk;
import dev.freshet.index.IndexException;
import dev.freshet.index.Refusal;
import dev.freshet.index.UnitVector;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.lucene.document.Document;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.util.BytesRef;
import org.jspecify.annotations.Nullable;

/**
 * What a list of writes means for the Lucene index in the state it is in, worked out completely before anything is
 * written, so that a write that cannot be done leaves the index as it was.
 */
final class Changes {

    private record Existing(LeafReaderContext leaf, int doc, BytesRef hash) {

        int globalDoc() {
            return leaf.docBase + doc;
        }
    }

    /** What there is of a document: a head or none, and chunks by their ids. */
    private record Present(@Nullable Version version, int headDoc, Map<String, Existing> chunks) {}

    private final List<Term> deleted = new ArrayList<>();
    private final List<Document> added = new ArrayList<>();

    private final IndexSearcher searcher;
    private final int dimension;
    private final Postings ofDocument;
    private final Postings tombstones;
    private final Postings truncations;
    private final Instant now;
    private final Map<DocumentKey, Refusal> refused = new HashMap<>();
    private final Map<String, Version> truncatedAt = new HashMap<>();
    private final Set<Integer> removedChunks = new HashSet<>();
    private final Set<BytesRef> releasedHashes = new LinkedHashSet<>();
    private final Map<BytesRef, float[]> addedHashes = new LinkedHashMap<>();

    private Changes(IndexSearcher searcher, int dimension, Instant now) throws IOException {
        this.searcher = searcher;
        this.dimension = dimension;
        this.now = now;
        this.ofDocument = new Postings(searcher.getIndexReader(), Entries.DOCUMENT);
        this.tombstones = new Postings(searcher.getIndexReader(), Entries.TOMBSTONE);
        this.truncations = new Postings(searcher.getIndexReader(), Entries.TRUNCATED);
    }

    /**
     * Works out what the writes change.
     *
     * @throws IndexException if a vector is no good, two writes are of one document, or a head lists a chunk that is
     *     neither added nor in the index
     */
    static Changes of(IndexSearcher searcher, int dimension, List<DocumentWrite> writes, Instant now)
            throws IOException {
        var changes = new Changes(searcher, dimension, now);
        Set<DocumentKey> keys = new HashSet<>();
        for (DocumentWrite write : writes) {
            if (!keys.add(write.key())) {
                throw IndexException.refused("Document " + write.key() + " is written twice in one call");
            }
            changes.add(write);
        }
        changes.settleVectors();
        return changes;
    }

    /** Works out what goes when these documents go without a tombstone of their own. */
    static Changes removing(IndexSearcher searcher, int dimension, List<BytesRef> keys, Instant now)
            throws IOException {
        var changes = new Changes(searcher, dimension, now);
        for (BytesRef key : keys) {
            changes.remove(key, changes.present(key));
        }
        changes.settleVectors();
        return changes;
    }

    /** The writes that came too late. */
    Map<DocumentKey, Refusal> refused() {
        return refused;
    }

    /** The terms whose documents go, before {@link #added} come. */
    Term[] deleted() {
        return deleted.toArray(Term[]::new);
    }

    /** The Lucene documents that come. */
    List<Document> added() {
        return added;
    }

    private void add(DocumentWrite write) throws IOException {
        BytesRef key = Entries.keyTerm(write.key());
        Present present = present(key);
        Version tombstone = Versions.of(tombstones, key);
        if (isOlder(write.version(), present.version())
                || isOlder(write.version(), tombstone)
                || isOlder(write.version(), truncatedAt(write.key().mapping()))) {
            refused.put(write.key(), Refusal.OLDER);
            return;
        }
        if (write instanceof DocumentWrite.Put put && hasMoved(put, present)) {
            refused.put(write.key(), Refusal.MOVED);
            return;
        }
        if (tombstone != null) {
            deleted.add(new Term(Entries.TOMBSTONE, key));
        }
        switch (write) {
            case DocumentWrite.Put put -> put(put, key, present);
            case DocumentWrite.Remove remove -> {
                remove(key, present);
                added.add(Entries.tombstone(remove.key(), remove.version(), remove.trace(), now));
            }
        }
    }

    private static boolean isOlder(Version version, @Nullable Version than) {
        return than != null && version.compareTo(than) < 0;
    }

    /** Whether the chunks that the write keeps are no longer those that it was planned with. */
    private boolean hasMoved(DocumentWrite.Put put, Present present) throws IOException {
        if (put.base() == null) {
            return false;
        }
        if (present.version() == null) {
            return true;
        }
        String stamp = Entries.readHead(searcher, present.headDoc()).stamp();
        return !stamp.equals(put.base()) && !stamp.equals(put.head().stamp());
    }

    private void put(DocumentWrite.Put put, BytesRef key, Present present) throws IOException {
        DocumentHead head = put.head();
        Map<String, Existing> existing = present.chunks();
        if (present.version() != null) {
            deleted.add(new Term(Entries.HEAD, key));
        }
        added.add(Entries.head(head));
        Map<String, EmbeddedChunk> newChunks = new HashMap<>();
        put.added().forEach(embedded -> newChunks.put(embedded.chunk().id(), embedded));
        for (String id : new LinkedHashSet<>(head.chunkIds())) {
            Existing before = existing.remove(id);
            EmbeddedChunk embedded = newChunks.get(id);
            if (embedded != null) {
                if (before != null) {
                    release(id, before);
                }
                addChunk(head, embedded);
            } else if (before == null) {
                throw IndexException.refused("The head of %s lists chunk %s, which is neither added nor in the index"
                        .formatted(head.key(), id));
            } else if (put.payloadChanged()) {
                deleted.add(new Term(Entries.CHUNK, id));
                added.add(Entries.chunk(head, searcher, before.leaf, before.doc));
            }
        }
        // Whatever the head does not list goes, also what the caller did not know of.
        existing.forEach(this::release);
    }

    private void addChunk(DocumentHead head, EmbeddedChunk embedded) {
        Chunk chunk = embedded.chunk();
        float[] vector = UnitVector.of(embedded.vector(), dimension, "chunk " + chunk.id());
        added.add(Entries.chunk(head, embedded, vector));
        addedHashes.putIfAbsent(new BytesRef(chunk.hash()), vector);
    }

    private void remove(BytesRef key, Present present) {
        if (present.version() != null) {
            deleted.add(new Term(Entries.HEAD, key));
        }
        present.chunks().forEach(this::release);
    }

    private Present present(BytesRef key) throws IOException {
        Map<String, Existing> chunks = new HashMap<>();
        Version[] version = new Version[1];
        int[] head = {-1};
        ofDocument.visit(key, (leaf, doc) -> {
            if (Entries.isChunk(leaf, doc)) {
                String id = Entries.value(leaf, Entries.CHUNK, doc).utf8ToString();
                chunks.put(id, new Existing(leaf, doc, Entries.value(leaf, Entries.HASH, doc)));
            } else {
                version[0] = Versions.of(leaf, doc);
                head[0] = leaf.docBase + doc;
            }
            return true;
        });
        return new Present(version[0], head[0], chunks);
    }

    private Version truncatedAt(String mapping) throws IOException {
        Version known = truncatedAt.get(mapping);
        if (known == null) {
            Version found = Versions.of(truncations, Terms.of(mapping));
            known = found == null ? Version.NONE : found;
            truncatedAt.put(mapping, known);
        }
        return known;
    }

    private void release(String id, Existing chunk) {
        deleted.add(new Term(Entries.CHUNK, id));
        removedChunks.add(chunk.globalDoc());
        releasedHashes.add(chunk.hash());
    }

    /** Of each distinct text that some chunk has, there is exactly one vector in the graph. */
    private void settleVectors() throws IOException {
        var inGraph = new Postings(searcher.getIndexReader(), Entries.VECTOR);
        for (var entry : addedHashes.entrySet()) {
            if (!inGraph.has(entry.getKey())) {
                added.add(Entries.vector(entry.getKey(), entry.getValue()));
            }
        }
        var ofHash = new Postings(searcher.getIndexReader(), Entries.HASH);
        for (BytesRef hash : releasedHashes) {
            if (!addedHashes.containsKey(hash) && !isHeldByAnother(ofHash, hash)) {
                deleted.add(new Term(Entries.VECTOR, hash));
            }
        }
    }

    private boolean isHeldByAnother(Postings ofHash, BytesRef hash) throws IOException {
        boolean[] held = {false};
        ofHash.visit(hash, (leaf, doc) -> {
            held[0] = !removedChunks.contains(leaf.docBase + doc);
            return !held[0];
        });
        return held[0];
    }
}
