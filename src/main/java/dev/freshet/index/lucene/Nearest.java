package dev.freshet.index.lucene;

import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.lucene.index.BinaryDocValues;
import org.apache.lucene.index.DocValues;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.search.BooleanClause.Occur;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.KnnFloatVectorQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.Scorer;
import org.apache.lucene.search.TermInSetQuery;
import org.apache.lucene.search.Weight;
import org.apache.lucene.util.Bits;
import org.apache.lucene.util.BytesRef;

/**
 * Finds the chunks nearest to a vector. Few chunks are compared one by one, which is exact; among many the graph names
 * the nearest texts, and the chunks that have them are compared one by one.
 */
final class Nearest {

    /** Comparing as many vectors as this takes a few milliseconds and beats the graph. */
    static final int FEW_CHUNKS = 5_000;
    /** The same behind a filter, where the graph may have to be asked several times. */
    static final int FEW_FILTERED_CHUNKS = 20_000;

    /** With fewer the graph misses near ones, and some that were just written. */
    private static final int FEWEST_CANDIDATES = 100;

    private static final int CANDIDATES_PER_HIT = 10;
    private static final int MORE_CANDIDATES = 4;
    /** When so many do not do, comparing everything is not much slower. */
    private static final int MOST_CANDIDATES = 10_000;

    private final IndexSearcher searcher;
    private final float[] vector;
    private final int limit;

    Nearest(IndexSearcher searcher, float[] vector, int limit) {
        this.searcher = searcher;
        this.vector = vector;
        this.limit = limit;
    }

    /** The nearest of the chunks that match, best first. */
    List<Found> among(Query chunks) throws IOException {
        boolean few = chunks.equals(Entries.ALL_CHUNKS)
                ? mostChunks() <= FEW_CHUNKS
                : mostChunks() <= FEW_CHUNKS || searcher.count(chunks) <= FEW_FILTERED_CHUNKS;
        if (!few) {
            long candidates = Math.max(FEWEST_CANDIDATES, (long) limit * CANDIDATES_PER_HIT);
            for (; candidates <= MOST_CANDIDATES; candidates *= MORE_CANDIDATES) {
                List<Found> found = compare(withTexts(chunks, nearestTexts((int) candidates)));
                if (found.size() == limit) {
                    return found;
                }
            }
        }
        return compare(chunks);
    }

    /** Not fewer than there are chunks; exact but for those deleted lately. */
    private int mostChunks() throws IOException {
        int most = 0;
        for (LeafReaderContext leaf : searcher.getLeafContexts()) {
            most += org.apache.lucene.index.Terms.getTerms(leaf.reader(), Entries.CHUNK)
                    .getDocCount();
        }
        return Math.min(most, searcher.getIndexReader().numDocs());
    }

    private Set<BytesRef> nearestTexts(int candidates) throws IOException {
        var knn = new KnnFloatVectorQuery(Entries.GRAPH, vector, candidates);
        Set<BytesRef> hashes = new HashSet<>();
        List<LeafReaderContext> leaves = searcher.getLeafContexts();
        for (ScoreDoc hit : searcher.search(knn, candidates).scoreDocs) {
            LeafReaderContext leaf = leaves.get(org.apache.lucene.index.ReaderUtil.subIndex(hit.doc, leaves));
            hashes.add(Entries.value(leaf, Entries.VECTOR, hit.doc - leaf.docBase));
        }
        return hashes;
    }

    private static Query withTexts(Query chunks, Set<BytesRef> hashes) {
        return new BooleanQuery.Builder()
                .add(chunks, Occur.FILTER)
                .add(new TermInSetQuery(Entries.HASH, hashes), Occur.FILTER)
                .build();
    }

    private List<Found> compare(Query chunks) throws IOException {
        var best = new BestFound(limit);
        float[] other = new float[vector.length];
        Weight weight = searcher.createWeight(searcher.rewrite(chunks), ScoreMode.COMPLETE_NO_SCORES, 1);
        for (LeafReaderContext leaf : searcher.getLeafContexts()) {
            Scorer scorer = weight.scorer(leaf);
            if (scorer != null) {
                compare(leaf, scorer.iterator(), other, best);
            }
        }
        return best.bestFirst();
    }

    private void compare(LeafReaderContext leaf, DocIdSetIterator docs, float[] other, BestFound best)
            throws IOException {
        BinaryDocValues vectors = DocValues.getBinary(leaf.reader(), Entries.EXACT_VECTOR);
        BinaryDocValues ids = DocValues.getBinary(leaf.reader(), Entries.CHUNK);
        Bits live = leaf.reader().getLiveDocs();
        for (int doc = docs.nextDoc(); doc != DocIdSetIterator.NO_MORE_DOCS; doc = docs.nextDoc()) {
            if ((live != null && !live.get(doc)) || !vectors.advanceExact(doc)) {
                continue;
            }
            Vectors.read(vectors.binaryValue(), other);
            best.offer(Vectors.cosine(vector, other), ids, doc, leaf.docBase);
        }
    }
}
