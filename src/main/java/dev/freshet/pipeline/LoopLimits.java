package dev.freshet.pipeline;

import java.time.Duration;

/**
 * How much the loop does at a time.
 *
 * @param backlogBytes the most bytes of changes that wait
 * @param documents the most documents of a batch
 * @param liveBytes about the most bytes of changes in a live batch
 * @param liveBatches how many live batches wait for vectors at the same time; what needs none passes them
 * @param backfillBytes about the most bytes of changes in a backfill batch
 * @param backfillWorkers how many batches of a backfill are under way at the same time
 * @param checkpoint how often what was written is made durable
 * @param stop how long a stop waits for the batches under way
 */
public record LoopLimits(
        long backlogBytes,
        int documents,
        long liveBytes,
        int liveBatches,
        long backfillBytes,
        int backfillWorkers,
        Duration checkpoint,
        Duration stop) {

    /** Enough to keep a service busy; what waits longer is better replaced by a later change than embedded. */
    public static final int LIVE_BATCHES = 4;

    /** One worker embeds while the other plans and writes. */
    public static final int BACKFILL_WORKERS = 2;
}
