package dev.freshet.index.lucene;

import dev.freshet.change.Version;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.MultiBits;
import org.apache.lucene.index.MultiTerms;
import org.apache.lucene.index.PostingsEnum;
import org.apache.lucene.index.Term;
import org.apache.lucene.index.TermsEnum;
import org.apache.lucene.search.BooleanClause.Occur;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.util.Bits;
import org.apache.lucene.util.BytesRef;
import org.apache.lucene.util.FixedBitSet;

/** Finds what goes with a whole mapping, in memory of a bit for each Lucene document. */
final class MappingRemoval {

    private final IndexSearcher searcher;
    private final IndexReader reader;
    private final Term term;
    private final long documents;

    MappingRemoval(IndexSearcher searcher, String mapping) throws IOException {
        this.searcher = searcher;
        reader = searcher.getIndexReader();
        term = new Term(Entries.MAPPING, Terms.of(mapping));
        documents = searcher.count(new BooleanQuery.Builder()
                .add(Entries.ALL_HEADS, Occur.FILTER)
                .add(new TermQuery(term), Occur.FILTER)
                .build());
    }

    /** What all heads and chunks of the mapping have. */
    Term term() {
        return term;
    }

    /** How many documents the mapping has. */
    long documents() {
        return documents;
    }

    /** Whether it has a document that is newer than the version. */
    boolean hasNewer(Version version) throws IOException {
        boolean[] newer = {false};
        heads((leaf, doc) -> {
            newer[0] = Versions.of(leaf, doc).compareTo(version) > 0;
            return !newer[0];
        });
        return newer[0];
    }

    /** The keys of its documents that are not newer than the version. */
    List<BytesRef> keysUntil(Version version) throws IOException {
        var keys = new ArrayList<BytesRef>();
        heads((leaf, doc) -> {
            if (Versions.of(leaf, doc).compareTo(version) <= 0) {
                keys.add(Entries.keyTerm(
                        Entries.readHead(searcher, leaf.docBase + doc).key()));
            }
            return true;
        });
        return keys;
    }

    private void heads(Postings.Visitor visitor) throws IOException {
        new Postings(reader, term.field())
                .visit(term.bytes(), (leaf, doc) -> Entries.isChunk(leaf, doc) || visitor.visit(leaf, doc));
    }

    /** Deletes the vectors of texts that no chunk of another mapping has. */
    void deleteVectors(IndexWriter writer) throws IOException {
        var hashes = MultiTerms.getTerms(reader, Entries.HASH);
        if (hashes == null) {
            return;
        }
        FixedBitSet going = ofMapping();
        Bits live = MultiBits.getLiveDocs(reader);
        TermsEnum each = hashes.iterator();
        PostingsEnum docs = null;
        for (BytesRef hash = each.next(); hash != null; hash = each.next()) {
            docs = each.postings(docs, PostingsEnum.NONE);
            if (allGo(docs, going, live)) {
                writer.deleteDocuments(new Term(Entries.VECTOR, BytesRef.deepCopyOf(hash)));
            }
        }
    }

    private FixedBitSet ofMapping() throws IOException {
        var bits = new FixedBitSet(reader.maxDoc());
        PostingsEnum docs = MultiTerms.getTermPostingsEnum(reader, term.field(), term.bytes(), PostingsEnum.NONE);
        if (docs != null) {
            bits.or(docs);
        }
        return bits;
    }

    private static boolean allGo(PostingsEnum docs, FixedBitSet going, Bits live) throws IOException {
        boolean any = false;
        for (int doc = docs.nextDoc(); doc != DocIdSetIterator.NO_MORE_DOCS; doc = docs.nextDoc()) {
            if (live == null || live.get(doc)) {
                if (!going.get(doc)) {
                    return false;
                }
                any = true;
            }
        }
        return any;
    }
}
