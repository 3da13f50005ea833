package dev.freshet.embed;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How long somebody waits.
 *
 * @param nanoTime when that ends, by {@link System#nanoTime}; null for never
 */
record Deadline(@Nullable Long nanoTime) {

    static final Deadline NEVER = new Deadline(null);

    static Deadline in(Duration time) {
        return new Deadline(System.nanoTime() + time.toNanos());
    }

    boolean isNever() {
        return nanoTime == null;
    }

    /** Whether this much time is left. */
    boolean leaves(Duration time) {
        return nanoTime == null || nanoTime - System.nanoTime() > time.toNanos();
    }

    /**
     * Sleeps.
     *
     * @throws ServiceFailure at once, if it would be too late afterwards
     */
    void sleep(Duration time) throws InterruptedException {
        if (!leaves(time)) {
            throw new ServiceFailure(
                    ServiceFailure.Kind.THROTTLED, "its limits do not allow a request in time", time, null);
        }
        if (time.isPositive()) {
            Thread.sleep(time);
        }
    }
}
