package dev.freshet.pipeline;

import java.time.Duration;

/**
 * How large the batches of a backfill are: as large as are done in a good part of a second. With a slow model they stay
 * small, so that a stop, a checkpoint and a document that changed meanwhile wait little; with a fast one the cost of
 * making a batch searchable is shared by many documents. Thread-safe.
 */
final class BatchSizing {

    private static final Duration SHORT = Duration.ofMillis(250);
    private static final Duration LONG = Duration.ofMillis(700);
    private static final int MOST_TIMES = 128;

    private final long least;
    private long bytes;

    /** Starts with, and never goes below, this many bytes. */
    BatchSizing(long least) {
        this.least = least;
        this.bytes = least;
    }

    /** About how many bytes of changes the next batch should have. */
    synchronized long bytes() {
        return bytes;
    }

    /** A batch of a number of bytes took this long. */
    synchronized void took(long batchBytes, Duration time) {
        if (time.compareTo(LONG) > 0) {
            bytes = Math.max(least, bytes / 2);
        } else if (time.compareTo(SHORT) < 0 && batchBytes > bytes / 2) {
            bytes = Math.min(least * MOST_TIMES, bytes * 2);
        }
    }
}
