package dev.freshet.change;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Where in the source's log a change stands.
 *
 * @param connector the source it belongs to
 * @param version orders the changes of the source, see {@link Version}
 * @param committedAt when the transaction was committed; for a row read by a backfill, when it was read
 * @param transaction the source's transaction id, where the log carries one
 */
public record SourcePosition(
        String connector,
        Version version,
        Instant committedAt,
        @Nullable String transaction) implements Comparable<SourcePosition> {

    public SourcePosition {
        requireNonNull(connector);
        requireNonNull(version);
        requireNonNull(committedAt);
    }

    @Override
    public int compareTo(SourcePosition other) {
        return version.compareTo(other.version);
    }
}
