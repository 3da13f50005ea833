package dev.freshet.daemon;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonValue;
import dev.freshet.deadletter.DeadLetter;
import dev.freshet.query.SearchAnswer.CurrentTo;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the index has of a row by one mapping, why, and what it should have, as callers get it in JSON; keys stay, new
 * ones may come.
 *
 * @param schema version of this form
 * @param mapping which of the mappings
 * @param table the row's table
 * @param key the row's key, as a document shows it
 * @param collection where its document is
 * @param state how it stands, see {@link State}
 * @param why the same for people
 * @param advice what to do; null when nothing has to be done
 * @param pending whether a change of the document has arrived and is not done
 * @param lastError what went wrong last, while a change of the document is pending
 * @param index what the index holds; null when it holds nothing
 * @param removed what is remembered of the removal; null when there is a document, or nothing is remembered
 * @param thisRun what became of its last change since the daemon's start, and is remembered in memory only; null when
 *     there was none, or very many documents have changed since
 * @param deadLetter its dead letter, if it is parked
 * @param database what the row is now
 * @param model the fingerprint of the model that the collection was built with
 * @param chunker the fingerprint of its chunking
 * @param currentTo up to where in the source's log this is true
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
record Explanation(
        int schema,
        String mapping,
        String table,
        String key,
        String collection,
        State state,
        String why,
        @Nullable String advice,
        boolean pending,
        @Nullable String lastError,
        @Nullable Held index,
        @Nullable Removed removed,
        @Nullable LastChange thisRun,
        @Nullable DeadLetter deadLetter,
        InDatabase database,
        String model,
        String chunker,
        CurrentTo currentTo) {

    /** How a document stands. */
    enum State {
        /** The index holds what the mapping makes of the row now. */
        IN_SYNC,
        /** The index holds something else than the mapping makes of the row now. */
        STALE,
        /** The mapping makes a document of the row, and the index has none. */
        MISSING,
        /** The index holds a document, and the row is gone or no longer a member. */
        ORPHANED,
        /** The mapping's {@code when} leaves the row out, and the index has none: as it should be. */
        NOT_A_MEMBER,
        /** There is neither a row nor a document: as it should be. */
        ABSENT,
        /** A change of the row could not be processed, and is a dead letter. */
        PARKED,
        /** The mapping does not take the row as it is now, and no dead letter says so yet. */
        REJECTED,
        /** The index has lost chunks that it should hold. */
        DAMAGED,
        /** The row cannot be read now. */
        UNKNOWN;

        /** As it stands in JSON: {@code in-sync}. */
        @JsonValue
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /**
     * What the index holds of the document, read from there, so that it is as durable as the index.
     *
     * @param version of the change it was made from
     * @param position the same as a place in the log
     * @param traceparent the trace of that change; null, as what follows from {@code origin} to {@code reused}, in documents
     *     of before that was noted
     * @param origin how the row came: {@code live}, {@code backfill} or {@code replay}
     * @param committedAt when the change was committed; when the row was read, unless it was live
     * @param capturedAt when it arrived at Freshet
     * @param preparedAt when the document was made, split and compared
     * @param embeddedAt when the vectors of new chunks were there; null also when no chunk was new
     * @param indexedAt when it was written
     * @param embedded how many chunks were new in this version
     * @param reused how many chunks kept their vectors
     * @param missing how many of its chunks are no longer there
     */
    record Held(
            String id,
            @Nullable String tenant,
            Map<String, @Nullable Object> metadata,
            String version,
            String position,
            @Nullable String traceparent,
            @Nullable String origin,
            Instant committedAt,
            @Nullable Instant capturedAt,
            @Nullable Instant preparedAt,
            @Nullable Instant embeddedAt,
            Instant indexedAt,
            @Nullable Integer embedded,
            @Nullable Integer reused,
            int missing,
            List<HeldChunk> chunks) {}

    /**
     * A chunk that the index holds.
     *
     * @param current whether the row's text has it now; null when the row makes no document now
     */
    record HeldChunk(
            String id,
            List<String> headings,
            String text,
            @Nullable Boolean current) {}

    /**
     * How the document left the index, as the index remembers it for {@code index.tombstones}.
     *
     * @param traceparent the trace of the change that removed it; null where the table was truncated
     */
    record Removed(
            String version,
            String position,
            @Nullable Instant removedAt,
            @Nullable String traceparent) {}

    /**
     * The last change that was processed since the daemon's start.
     *
     * @param outcome {@code written}, {@code removed}, {@code unchanged}, {@code older} or {@code parked}
     * @param committedAt when it was committed; when the row was read, unless the change was live
     * @param capturedAt when it arrived
     * @param at when that became of it: a written document can be found from then on
     */
    record LastChange(
            String outcome,
            String version,
            String position,
            String traceparent,
            Instant committedAt,
            Instant capturedAt,
            Instant at) {}

    /**
     * What the row is now, and what the mapping makes of it.
     *
     * @param row whether there is one; null when that cannot be told
     * @param document whether it makes a document; null when that cannot be told
     * @param why why it makes none, or cannot be told
     * @param chunks how many chunks the document has; null when there is none
     * @param differences what is different in the index: {@code id}, {@code tenant}, {@code metadata …}, {@code text …}
     */
    record InDatabase(
            @Nullable Boolean row,
            @Nullable Boolean document,
            @Nullable String why,
            @Nullable Integer chunks,
            List<String> differences) {}
}
