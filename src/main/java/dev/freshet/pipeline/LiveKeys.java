package dev.freshet.pipeline;

import dev.freshet.change.RowKey;
import dev.freshet.change.TableId;
import java.util.HashSet;
import java.util.Set;

/**
 * Which rows had a live change since a backfill looked at the table: the window of the watermark algorithm, whose rows
 * the log knows better than the page that was read. Spans the window before as well, because the log can show a commit
 * a moment before the database shows it to readers. Thread-safe.
 */
final class LiveKeys {

    private record RowId(TableId table, RowKey key) {}

    private boolean recording;
    private Set<RowId> previous = new HashSet<>();
    private Set<RowId> current = new HashSet<>();
    private Set<TableId> truncatedBefore = new HashSet<>();
    private Set<TableId> truncated = new HashSet<>();

    /** A live change of a row arrived. */
    synchronized void changed(TableId table, RowKey key) {
        if (recording) {
            current.add(new RowId(table, key));
        }
    }

    /** A table was truncated. */
    synchronized void truncated(TableId table) {
        if (recording) {
            truncated.add(table);
        }
    }

    /** A new window begins. */
    synchronized void open() {
        recording = true;
        previous = current;
        current = new HashSet<>();
        truncatedBefore = truncated;
        truncated = new HashSet<>();
    }

    /** Whether the log said something of this row since the window before this one began. */
    synchronized boolean contains(TableId table, RowKey key) {
        var row = new RowId(table, key);
        return truncated.contains(table)
                || truncatedBefore.contains(table)
                || current.contains(row)
                || previous.contains(row);
    }

    /** Nobody reads any more. */
    synchronized void stop() {
        recording = false;
        previous = new HashSet<>();
        current = new HashSet<>();
        truncatedBefore = new HashSet<>();
        truncated = new HashSet<>();
    }
}
