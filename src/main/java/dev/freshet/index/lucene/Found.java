package dev.freshet.index.lucene;

import java.util.Comparator;
import org.apache.lucene.util.BytesRef;

/** A chunk that was found, by its number in the index. */
record Found(float score, BytesRef chunkId, int doc) {

    static final Comparator<Found> BEST_FIRST =
            Comparator.comparing(Found::score, Comparator.reverseOrder()).thenComparing(Found::chunkId);
}
