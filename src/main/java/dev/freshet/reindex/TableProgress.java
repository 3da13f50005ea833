package dev.freshet.reindex;

import dev.freshet.change.TableId;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How far the backfill of a table is.
 *
 * @param table the table
 * @param state whether it waits, runs, or has read everything
 * @param key the last key that is durable in the index, in its text form; null before the first page
 * @param rows how many rows were read
 * @param expected about how many rows there are, by the planner's statistics; 0 where it knows nothing
 * @param sweep whether documents whose rows are gone are to be removed as well
 * @param startedAt when it was asked for
 * @param finishedAt when it had read everything
 */
public record TableProgress(
        TableId table,
        State state,
        @Nullable List<String> key,
        long rows,
        long expected,
        boolean sweep,
        Instant startedAt,
        @Nullable Instant finishedAt) {

    /** Where a backfill stands. */
    public enum State {
        PENDING,
        RUNNING,
        COMPLETE
    }

    static TableProgress pending(TableId table, boolean sweep, Instant now) {
        return new TableProgress(table, State.PENDING, null, 0, 0, sweep, now, null);
    }

    TableProgress expecting(long rowsExpected) {
        return new TableProgress(table, state, key, rows, rowsExpected, sweep, startedAt, finishedAt);
    }

    TableProgress started() {
        return new TableProgress(table, State.RUNNING, key, rows, expected, sweep, startedAt, null);
    }

    TableProgress reached(List<String> lastKey, long read) {
        return new TableProgress(table, State.RUNNING, lastKey, read, Math.max(expected, read), sweep, startedAt, null);
    }

    TableProgress complete(long read, Instant now) {
        return new TableProgress(table, State.COMPLETE, null, read, read, sweep, startedAt, now);
    }
}
