package dev.freshet.deadletter;

import dev.freshet.change.ChangeEvent.RowChange;
import dev.freshet.change.ChangeEvent.RowDeleted;
import dev.freshet.change.ChangeEvent.RowUpserted;
import dev.freshet.change.Traceparent;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A document that could not be processed. It names the row and holds none of its values: they may be secret, and a
 * replay reads the row again.
 *
 * @param mapping the mapping that makes it
 * @param event the change that failed
 * @param stage where it failed: in the {@code lookup} of values that the log did not carry, in a part of the mapping
 *     ({@code when}, {@code tenant}, {@code metadata}, {@code id}, {@code text}, or {@code map} as a whole), {@code chunk},
 *     {@code embed} or {@code index}
 * @param errorClass what kind of failure it was: the name of an exception, or {@code Rejected} by the mapping
 * @param error what was wrong
 * @param attempts how often it was tried
 * @param firstAt when it first failed
 * @param lastAt when it last failed
 */
public record DeadLetter(
        String mapping,
        Event event,
        String stage,
        String errorClass,
        String error,
        int attempts,
        Instant firstAt,
        Instant lastAt) {

    /** A message is for people; some repeat what they were given. */
    private static final int LONGEST_ERROR = 2_000;

    public DeadLetter {
        error = error.length() <= LONGEST_ERROR ? error : error.substring(0, LONGEST_ERROR) + "…";
    }

    /** One that failed for the first time. */
    public static DeadLetter of(String mapping, RowChange event, String stage, String errorClass, String error) {
        Instant now = Instant.now();
        return new DeadLetter(mapping, Event.of(event), stage, errorClass, error, 1, now, now);
    }

    /** This one, after what there was of the document before. */
    DeadLetter after(DeadLetter earlier) {
        return new DeadLetter(
                mapping,
                event,
                stage,
                errorClass,
                error,
                earlier.attempts + attempts,
                earlier.firstAt.isBefore(firstAt) ? earlier.firstAt : firstAt,
                lastAt);
    }

    /** The key of its row, as {@link dev.freshet.change.RowKey#text} writes it. */
    public String row() {
        return event.key();
    }

    /**
     * What is kept of a change.
     *
     * @param table the table of the row, {@code schema.table}
     * @param key the key of the row, as {@link dev.freshet.change.RowKey#text} writes it
     * @param operation {@code upsert} or {@code delete}
     * @param origin {@code live}, or {@code backfill} for a row that was read
     * @param version of the change, as in a hit of a search
     * @param position where it stands in the log, as PostgreSQL writes it
     * @param committedAt when it was committed; when it was read, for a row that was
     * @param transaction of the change, where the log says so
     * @param traceparent the W3C trace context of the change; null in letters of before there were any
     */
    public record Event(
            String table,
            String key,
            String operation,
            String origin,
            String version,
            String position,
            Instant committedAt,
            @Nullable String transaction,
            @Nullable String traceparent) {

        /** The trace id in the trace context; {@code none} where there is none. */
        String traceId() {
            return Traceparent.parse(traceparent).map(Traceparent::traceId).orElse("none");
        }

        static Event of(RowChange change) {
            var position = change.position();
            return new Event(
                    change.table().toString(),
                    change.key().text(),
                    change instanceof RowDeleted ? "delete" : "upsert",
                    change instanceof RowUpserted upserted
                            ? upserted.origin().name().toLowerCase(Locale.ROOT)
                            : "live",
                    position.version().toString(),
                    position.version().lsn(),
                    position.committedAt(),
                    position.transaction(),
                    change.trace().toString());
        }
    }
}
