package dev.freshet.pipeline;

import java.time.Duration;

/**
 * How much the loop does at a time.
 *
 * @param backlogBytes the most bytes of changes that wait
 * @param documents the most documents of a batch
 * @param liveBytes about the most bytes of changes in a live batch
 * @param backfillBytes about the most bytes of changes in a backfill batch
 * @param checkpoint how often what was written is made durable
 * @param stop how long a stop waits for the batches under way
 */
public record LoopLimits(
        long backlogBytes, int documents, long liveBytes, long backfillBytes, Duration checkpoint, Duration stop) {}
