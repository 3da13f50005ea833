package dev.freshet.pipeline;

import dev.freshet.change.Traceparent;
import dev.freshet.change.Version;
import java.time.Instant;

/**
 * What became of a change of a document in this run.
 *
 * @param outcome {@code written}, {@code removed}, {@code unchanged} (it was as it should be), {@code older} (the index has
 *     something newer) or {@code parked}
 * @param version of the change
 * @param trace of the change
 * @param committedAt when it was committed; when it was read, for a row that was
 * @param capturedAt when it arrived
 * @param at when that became of it; from here on a written document can be found
 */
public record Processed(
        String outcome, Version version, Traceparent trace, Instant committedAt, Instant capturedAt, Instant at) {}
