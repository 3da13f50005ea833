package dev.freshet.index;

import static java.util.Objects.requireNonNull;

import dev.freshet.change.Traceparent;
import dev.freshet.change.Version;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What an index remembers of a document that it no longer holds.
 *
 * @param version of the change that removed it; what is older stays out
 * @param removedAt when it was removed; null where that was not noted
 * @param trace which change removed it; null for a truncation, and where that was not noted
 */
public record Tombstone(
        Version version,
        @Nullable Instant removedAt,
        @Nullable Traceparent trace) {

    public Tombstone {
        requireNonNull(version);
    }
}
