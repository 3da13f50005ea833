package dev.freshet.pipeline;

import dev.freshet.change.SourcePosition;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How current the index is.
 *
 * @param position every change committed up to here can be found; null before anything arrived
 * @param pending how many live changes have arrived and cannot be found yet
 * @param oldestPending when the oldest of them was committed; null when there is none
 */
public record Freshness(
        @Nullable SourcePosition position,
        int pending,
        @Nullable Instant oldestPending) {

    /** How long the oldest change that cannot be found yet has been waiting; zero when there is none. */
    public Duration lag(Instant now) {
        return oldestPending == null || oldestPending.isAfter(now)
                ? Duration.ZERO
                : Duration.between(oldestPending, now);
    }
}
