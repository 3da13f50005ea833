package dev.freshet.source;

import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which transactions a reader sees: PostgreSQL's {@code pg_snapshot}. The log shows a commit a moment before readers see
 * it, so that a row read back because of an event may be older than the event.
 */
record TransactionSnapshot(long xmax, Set<Long> inProgress) {

    private static final long EPOCH_MASK = 0xFFFF_FFFFL;

    /** Reads {@code xmin:xmax:xip,xip}. */
    static TransactionSnapshot parse(String text) {
        String[] parts = text.split(":", -1);
        Set<Long> inProgress = parts[2].isEmpty()
                ? Set.of()
                : Arrays.stream(parts[2].split(","))
                        .map(id -> Long.parseLong(id) & EPOCH_MASK)
                        .collect(Collectors.toUnmodifiableSet());
        return new TransactionSnapshot(Long.parseLong(parts[1]) & EPOCH_MASK, inProgress);
    }

    /** Whether the effects of a transaction, whose commit was seen in the log, can be read. */
    boolean sees(long transaction) {
        long id = transaction & EPOCH_MASK;
        // Transaction ids wrap around at 32 bits; the nearer way round is meant.
        boolean before = (int) (id - xmax) < 0;
        return before && !inProgress.contains(id);
    }
}
