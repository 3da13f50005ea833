package dev.freshet.index.lucene;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.PostingsEnum;
import org.apache.lucene.index.TermsEnum;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.util.Bits;
import org.apache.lucene.util.BytesRef;
import org.jspecify.annotations.Nullable;

/** Looks up many terms of one field in one state of the index. For one thread. */
final class Postings {

    /** Takes a document that has the term; returns whether it wants the next. */
    interface Visitor {

        /** The document's number is within the leaf. */
        boolean visit(LeafReaderContext leaf, int doc) throws IOException;
    }

    private static final class Segment {
        final LeafReaderContext leaf;
        final TermsEnum terms;

        @Nullable PostingsEnum reused;

        Segment(LeafReaderContext leaf, TermsEnum terms) {
            this.leaf = leaf;
            this.terms = terms;
        }
    }

    private final List<Segment> segments = new ArrayList<>();

    Postings(IndexReader reader, String field) throws IOException {
        for (LeafReaderContext leaf : reader.leaves()) {
            segments.add(new Segment(
                    leaf,
                    org.apache.lucene.index.Terms.getTerms(leaf.reader(), field).iterator()));
        }
    }

    /** Visits the live documents that have the term, until the visitor has enough. */
    void visit(BytesRef term, Visitor visitor) throws IOException {
        for (Segment segment : segments) {
            if (!segment.terms.seekExact(term)) {
                continue;
            }
            Bits live = segment.leaf.reader().getLiveDocs();
            PostingsEnum postings = segment.terms.postings(segment.reused, PostingsEnum.NONE);
            segment.reused = postings;
            for (int doc = postings.nextDoc(); doc != DocIdSetIterator.NO_MORE_DOCS; doc = postings.nextDoc()) {
                if ((live == null || live.get(doc)) && !visitor.visit(segment.leaf, doc)) {
                    return;
                }
            }
        }
    }

    /** Whether a live document has the term. */
    boolean has(BytesRef term) throws IOException {
        boolean[] found = {false};
        visit(term, (leaf, doc) -> {
            found[0] = true;
            return false;
        });
        return found[0];
    }
}
