package dev.freshet.config;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * How much is worked on at a time.
 *
 * @param memory the most bytes of changes that wait; capture stops reading above it
 * @param batch the most text of one backfill batch
 * @param documents the most documents of one batch
 * @param checkpoint how often what was written is made durable and the position advanced
 * @param delivery what a crash may do to the changes that are under way
 * @param stopTimeout how long a stop waits for the batch under way
 */
public record PipelineConfig(
        @Key(
                value = "The most bytes of changes that wait; above it capture stops reading.",
                byDefault = "64MiB",
                min = "1MiB")
        ByteSize memory,

        @Key(byDefault = "64KiB", min = "1KiB", value = """
                        The most bytes of text in one batch of a backfill; live changes wait for one such batch \
                        at most.""") ByteSize batch,

        @Key(value = "The most documents in one batch.", byDefault = "4096", min = "1", max = "100000")
        int documents,

        @Key(
                value = "How often what was written is made durable and the position advanced: what a crash repeats.",
                byDefault = "200ms",
                min = "1ms",
                max = "1m")
        Duration checkpoint,

        @Key(byDefault = "effectively-once", value = """
                        What a crash does to the changes under way: `effectively-once` repeats them, with the same \
                        effect; `at-most-once` loses them, for where embedding a text twice costs more than a stale \
                        document.""") Delivery delivery,

        @Key(byDefault = "8s", min = "0s", max = "10m", value = """
                        How long a stop waits for the batch under way; what was not finished is repeated at the \
                        next start.""")
        Duration stopTimeout) {

    public PipelineConfig {
        requireNonNull(memory);
        requireNonNull(batch);
        requireNonNull(checkpoint);
        requireNonNull(delivery);
        requireNonNull(stopTimeout);
        if (batch.compareTo(memory) > 0) {
            throw new IllegalArgumentException("batch " + batch + " is more than memory " + memory);
        }
    }
}
