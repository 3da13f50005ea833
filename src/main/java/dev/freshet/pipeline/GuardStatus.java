package dev.freshet.pipeline;

import org.jspecify.annotations.Nullable;

/**
 * How it stands with something that may be away.
 *
 * @param name what it is
 * @param state of its circuit breaker: {@code closed} when all is well, {@code open} while it is left alone, {@code
 *     half-open} while it is tried
 * @param lastError why the last call failed; null after one that did not
 */
public record GuardStatus(
        String name, String state, @Nullable String lastError) {

    /** Whether it is not known to be there. */
    public boolean isAway() {
        return !state.equals("closed");
    }
}
