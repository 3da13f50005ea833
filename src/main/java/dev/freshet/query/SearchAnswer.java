package dev.freshet.query;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The answer to a search, as callers get it in JSON.
 *
 * @param query what was asked
 * @param mode how it was searched: dense, lexical or hybrid
 * @param tookMs milliseconds it took
 * @param currentTo up to where in the source's log the answer is current
 * @param hits best first
 */
public record SearchAnswer(String query, String mode, long tookMs, CurrentTo currentTo, List<Hit> hits) {

    /**
     * Up to where in the source's log an answer is current.
     *
     * @param position the place in the log as the source writes it; null before anything arrived
     * @param version the same as a version, comparable with those of hits
     * @param committedAt when that was committed
     * @param pending how many later changes have arrived and cannot be found yet
     * @param lagMs how many milliseconds the oldest of those has been waiting
     * @param backfilling whether rows that were there before may still be missing
     * @param paused the mappings whose documents are as old as when they were paused, if any of what was searched
     */
    public record CurrentTo(
            @Nullable String position,
            @Nullable String version,
            @Nullable Instant committedAt,
            int pending,
            long lagMs,
            boolean backfilling,
            List<String> paused) {}

    /**
     * One chunk that was found.
     *
     * @param score cosine similarity, BM25, or what fusion of ranks gave it
     * @param collection where it was found
     * @param id the id of its document
     * @param table the table of its row
     * @param key the primary key of its row
     * @param text the chunk's text
     * @param headings the headings it stands under
     * @param chunk its place among the document's chunks, from 0
     * @param chunks how many chunks the document has
     * @param metadata of the document
     * @param tenant of the document
     * @param version of the document
     * @param committedAt when that version was committed
     * @param indexedAt when it was written to the index
     * @param traceparent which change made that version; null where the index does not say
     */
    public record Hit(
            float score,
            String collection,
            String id,
            String table,
            Map<String, Object> key,
            String text,
            List<String> headings,
            int chunk,
            int chunks,
            Map<String, @Nullable Object> metadata,
            @Nullable String tenant,
            String version,
            Instant committedAt,
            Instant indexedAt,
            @Nullable String traceparent) {}
}
