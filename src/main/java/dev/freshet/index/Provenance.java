package dev.freshet.index;

import static java.util.Objects.requireNonNull;

import dev.freshet.change.ChangeEvent.Origin;
import dev.freshet.change.Traceparent;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How a version of a document came into the index.
 *
 * @param trace which change made it
 * @param origin how its row came to Freshet
 * @param capturedAt when the change arrived at Freshet
 * @param preparedAt when the document was made, split and compared with what the index held
 * @param embeddedAt when the vectors of its new chunks were there; null when no chunk was new
 * @param embedded how many of its chunks were new; the others kept their vectors
 */
public record Provenance(
        Traceparent trace,
        Origin origin,
        Instant capturedAt,
        Instant preparedAt,
        @Nullable Instant embeddedAt,
        int embedded) {

    public Provenance {
        requireNonNull(trace);
        requireNonNull(origin);
        requireNonNull(capturedAt);
        requireNonNull(preparedAt);
    }
}
