package dev.freshet.pipeline;

import java.time.Duration;

/**
 * How much the loop does at a time.
 *
 * @param backlogBytes the most bytes of changes that wait
 * @param documents the most documents of a batch
 * @param liveBytes about the most bytes of changes in a live batch
 * @param backfillBytes about the most bytes of changes in a backfill batch
 * @param backfillWorkers how many batches of a backfill are under way at the same time
 * @param checkpoint how often what was written is made durable
 * @param stop how long a stop waits for the batches under way
 */
public record LoopLimits(
        long backlogBytes,
        int documents,
        long liveBytes,
        long backfillBytes,
        int backfillWorkers,
        Duration checkpoint,
        Duration stop) {

    /** One worker embeds while the other plans and writes. */
    public static final int BACKFILL_WORKERS = 2;
}
