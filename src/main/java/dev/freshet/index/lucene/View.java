package dev.freshet.index.lucene;

import dev.freshet.change.Version;
import dev.freshet.document.DocumentKey;
import dev.freshet.index.DocumentHead;
import dev.freshet.index.IndexQuery;
import dev.freshet.index.RankFusion;
import dev.freshet.index.SearchHit;
import dev.freshet.index.StoredChunk;
import dev.freshet.index.StoredDocument;
import dev.freshet.index.Tombstone;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.Scorer;
import org.apache.lucene.search.SearcherManager;
import org.apache.lucene.search.Weight;
import org.apache.lucene.util.Bits;
import org.apache.lucene.util.BytesRef;
import org.jspecify.annotations.Nullable;

/** The collection as of one moment, until it is closed. */
final class View implements AutoCloseable {

    private final SearcherManager searchers;
    private final IndexSearcher searcher;

    View(SearcherManager searchers) throws IOException {
        this.searchers = searchers;
        this.searcher = searchers.acquire();
    }

    IndexSearcher searcher() {
        return searcher;
    }

    long documents() throws IOException {
        return searcher.count(Entries.ALL_HEADS);
    }

    long chunks() throws IOException {
        return searcher.count(Entries.ALL_CHUNKS);
    }

    Map<DocumentKey, DocumentHead> heads(Collection<DocumentKey> keys) throws IOException {
        var postings = new Postings(searcher.getIndexReader(), Entries.HEAD);
        var heads = new LinkedHashMap<DocumentKey, DocumentHead>();
        for (DocumentKey key : keys) {
            DocumentHead head = head(postings, Entries.keyTerm(key));
            if (head != null) {
                heads.put(key, head);
            }
        }
        return heads;
    }

    Optional<StoredDocument> document(DocumentKey key, int dimension) throws IOException {
        DocumentHead head = head(new Postings(searcher.getIndexReader(), Entries.HEAD), Entries.keyTerm(key));
        return head == null
                ? Optional.empty()
                : Optional.of(new StoredDocument(
                        head, chunks(head, new Postings(searcher.getIndexReader(), Entries.DOCUMENT), dimension)));
    }

    /** The later of the document's own and its mapping's, if the document is not there. */
    Optional<Tombstone> tombstone(DocumentKey key) throws IOException {
        BytesRef term = Entries.keyTerm(key);
        if (new Postings(searcher.getIndexReader(), Entries.HEAD).has(term)) {
            return Optional.empty();
        }
        Optional<Tombstone> own = tombstone(Entries.TOMBSTONE, term);
        Optional<Tombstone> ofMapping = tombstone(Entries.TRUNCATED, Terms.of(key.mapping()));
        return Stream.concat(own.stream(), ofMapping.stream()).max(Comparator.comparing(Tombstone::version));
    }

    private Optional<Tombstone> tombstone(String field, BytesRef term) throws IOException {
        Tombstone[] found = new Tombstone[1];
        new Postings(searcher.getIndexReader(), field).visit(term, (leaf, doc) -> {
            found[0] = Entries.readTombstone(searcher, leaf, doc);
            return false;
        });
        return Optional.ofNullable(found[0]);
    }

    /** The version of the last truncation of a mapping that is remembered. */
    Version truncatedAt(String mapping) throws IOException {
        Version found = Versions.of(new Postings(searcher.getIndexReader(), Entries.TRUNCATED), Terms.of(mapping));
        return found == null ? Version.NONE : found;
    }

    private @Nullable DocumentHead head(Postings postings, BytesRef key) throws IOException {
        DocumentHead[] found = new DocumentHead[1];
        postings.visit(key, (leaf, doc) -> {
            found[0] = Entries.readHead(searcher, leaf.docBase + doc);
            return false;
        });
        return found[0];
    }

    List<SearchHit> search(IndexQuery query, Analyzer analyzer) throws IOException {
        Query chunks = query.filter().conditions().isEmpty() ? Entries.ALL_CHUNKS : FilterQueries.of(query.filter());
        return hits(find(query, chunks, analyzer));
    }

    private List<Found> find(IndexQuery query, Query chunks, Analyzer analyzer) throws IOException {
        return switch (query) {
            case IndexQuery.Dense dense -> new Nearest(searcher, dense.vector(), dense.limit()).among(chunks);
            case IndexQuery.Lexical lexical ->
                new ByWords(searcher, analyzer, lexical.words(), lexical.limit()).among(chunks);
            case IndexQuery.Hybrid hybrid -> {
                var rankings =
                        List.of(find(hybrid.dense(), chunks, analyzer), find(hybrid.lexical(), chunks, analyzer));
                yield RankFusion.fuse(rankings, found -> found.chunkId().utf8ToString(), hybrid.limit()).stream()
                        .map(fused -> new Found(
                                fused.score(),
                                fused.item().chunkId(),
                                fused.item().doc()))
                        .toList();
            }
        };
    }

    private List<SearchHit> hits(List<Found> best) throws IOException {
        List<SearchHit> hits = new ArrayList<>();
        var postings = new Postings(searcher.getIndexReader(), Entries.HEAD);
        Map<BytesRef, @Nullable DocumentHead> heads = new HashMap<>();
        for (Found found : best) {
            Entries.ChunkContent content = Entries.content(searcher, found.doc());
            if (!heads.containsKey(content.document())) {
                heads.put(content.document(), head(postings, content.document()));
            }
            DocumentHead head = heads.get(content.document());
            String id = found.chunkId().utf8ToString();
            int ordinal = head == null ? -1 : head.chunkIds().indexOf(id);
            if (head != null && ordinal >= 0) {
                hits.add(new SearchHit(found.score(), head, id, ordinal, content.text(), content.headings()));
            }
        }
        return hits;
    }

    /** Reads one document at a time, so that memory does not grow with the collection. */
    void scan(int dimension, Consumer<StoredDocument> consumer) throws IOException {
        var ofDocument = new Postings(searcher.getIndexReader(), Entries.DOCUMENT);
        Weight weight = searcher.createWeight(Entries.ALL_HEADS, ScoreMode.COMPLETE_NO_SCORES, 1);
        for (LeafReaderContext leaf : searcher.getLeafContexts()) {
            Scorer scorer = weight.scorer(leaf);
            if (scorer == null) {
                continue;
            }
            Bits live = leaf.reader().getLiveDocs();
            DocIdSetIterator docs = scorer.iterator();
            for (int doc = docs.nextDoc(); doc != DocIdSetIterator.NO_MORE_DOCS; doc = docs.nextDoc()) {
                if (live == null || live.get(doc)) {
                    DocumentHead head = Entries.readHead(searcher, leaf.docBase + doc);
                    consumer.accept(new StoredDocument(head, chunks(head, ofDocument, dimension)));
                }
            }
        }
    }

    private List<StoredChunk> chunks(DocumentHead head, Postings ofDocument, int dimension) throws IOException {
        Map<String, StoredChunk> byId = new HashMap<>();
        if (!head.chunkIds().isEmpty()) {
            ofDocument.visit(Entries.keyTerm(head.key()), (leaf, doc) -> {
                if (Entries.isChunk(leaf, doc)) {
                    StoredChunk chunk = chunk(leaf, doc, dimension);
                    byId.put(chunk.id(), chunk);
                }
                return true;
            });
        }
        List<StoredChunk> chunks = new ArrayList<>();
        for (String id : head.chunkIds()) {
            StoredChunk chunk = byId.get(id);
            if (chunk != null) {
                chunks.add(chunk);
            }
        }
        return chunks;
    }

    private StoredChunk chunk(LeafReaderContext leaf, int doc, int dimension) throws IOException {
        Entries.ChunkContent content = Entries.content(searcher, leaf.docBase + doc);
        float[] vector = new float[dimension];
        Vectors.read(Entries.value(leaf, Entries.EXACT_VECTOR, doc), vector);
        return new StoredChunk(
                Entries.value(leaf, Entries.CHUNK, doc).utf8ToString(),
                content.text(),
                content.headings(),
                Entries.value(leaf, Entries.HASH, doc).utf8ToString(),
                vector);
    }

    @Override
    public void close() throws IOException {
        searchers.release(searcher);
    }
}
