package dev.freshet.index.lucene;

import dev.freshet.chunk.Chunk;
import dev.freshet.document.DocumentKey;
import dev.freshet.index.DocumentHead;
import dev.freshet.index.DocumentWrite;
import dev.freshet.index.EmbeddedChunk;
import dev.freshet.index.IndexException;
import java.io.IOException;
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

    private final List<Term> deleted = new ArrayList<>();
    private final List<Document> added = new ArrayList<>();

    private final IndexSearcher searcher;
    private final int dimension;
    private final Postings ofDocument;
    private final Set<Integer> removedChunks = new HashSet<>();
    private final Set<BytesRef> releasedHashes = new LinkedHashSet<>();
    private final Map<BytesRef, float[]> addedHashes = new LinkedHashMap<>();

    private Changes(IndexSearcher searcher, int dimension) throws IOException {
        this.searcher = searcher;
        this.dimension = dimension;
        this.ofDocument = new Postings(searcher.getIndexReader(), Entries.DOCUMENT);
    }

    /**
     * Works out what the writes change.
     *
     * @throws IndexException if a vector is no good, two writes are of one document, or a head lists a chunk that is
     *     neither added nor in the index
     */
    static Changes of(IndexSearcher searcher, int dimension, List<DocumentWrite> writes) throws IOException {
        var changes = new Changes(searcher, dimension);
        Set<DocumentKey> keys = new HashSet<>();
        for (DocumentWrite write : writes) {
            if (!keys.add(write.key())) {
                throw refused("Document " + write.key() + " is written twice in one call");
            }
            switch (write) {
                case DocumentWrite.Put put -> changes.put(put);
                case DocumentWrite.Remove remove -> changes.remove(remove.key());
            }
        }
        changes.settleVectors();
        return changes;
    }

    /** The terms whose documents go, before {@link #added} come. */
    Term[] deleted() {
        return deleted.toArray(Term[]::new);
    }

    /** The Lucene documents that come. */
    List<Document> added() {
        return added;
    }

    private void put(DocumentWrite.Put put) throws IOException {
        DocumentHead head = put.head();
        BytesRef key = Entries.keyTerm(head.key());
        Map<String, Existing> existing = new HashMap<>();
        if (readExisting(key, existing)) {
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
                throw refused("The head of %s lists chunk %s, which is neither added nor in the index"
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
        float[] vector = Vectors.checked(embedded.vector(), dimension, "chunk " + chunk.id());
        added.add(Entries.chunk(head, embedded, vector));
        addedHashes.putIfAbsent(new BytesRef(chunk.hash()), vector);
    }

    private void remove(DocumentKey key) throws IOException {
        BytesRef term = Entries.keyTerm(key);
        Map<String, Existing> existing = new HashMap<>();
        if (readExisting(term, existing)) {
            deleted.add(new Term(Entries.HEAD, term));
        }
        existing.forEach(this::release);
    }

    /** Collects the document's chunks by their ids; returns whether it has a head. */
    private boolean readExisting(BytesRef key, Map<String, Existing> chunks) throws IOException {
        boolean[] head = {false};
        ofDocument.visit(key, (leaf, doc) -> {
            if (Entries.isChunk(leaf, doc)) {
                String id = Entries.value(leaf, Entries.CHUNK, doc).utf8ToString();
                chunks.put(id, new Existing(leaf, doc, Entries.value(leaf, Entries.HASH, doc)));
            } else {
                head[0] = true;
            }
            return true;
        });
        return head[0];
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

    private static IndexException refused(String message) {
        return new IndexException(IndexException.Kind.PERMANENT, message, null);
    }
}
