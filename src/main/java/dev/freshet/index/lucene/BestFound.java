package dev.freshet.index.lucene;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import org.apache.lucene.index.BinaryDocValues;
import org.apache.lucene.util.BytesRef;

/** Keeps the best of the chunks that it is offered; of equal ones those with the first ids. */
final class BestFound {

    private final int limit;
    private final PriorityQueue<Found> best = new PriorityQueue<>(Found.BEST_FIRST.reversed());

    BestFound(int limit) {
        this.limit = limit;
    }

    /** A chunk with a lower score than this is not kept. */
    float lowest() {
        Found worst = best.size() < limit ? null : best.peek();
        return worst == null ? Float.NEGATIVE_INFINITY : worst.score();
    }

    /**
     * Offers a chunk.
     *
     * @param ids of the chunks of its segment
     * @param doc its number in the segment
     * @param docBase the segment's first number in the index
     */
    void offer(float score, BinaryDocValues ids, int doc, int docBase) throws IOException {
        if (score < lowest() || !ids.advanceExact(doc)) {
            return;
        }
        BytesRef id = ids.binaryValue();
        if (best.size() == limit) {
            Found worst = best.element();
            if (score == worst.score() && id.compareTo(worst.chunkId()) >= 0) {
                return;
            }
            best.remove();
        }
        best.add(new Found(score, BytesRef.deepCopyOf(id), docBase + doc));
    }

    /** What was kept, best first. */
    List<Found> bestFirst() {
        List<Found> found = new ArrayList<>(best);
        found.sort(Found.BEST_FIRST);
        return found;
    }
}
