package dev.freshet.change;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/** One committed thing that happened in the source, in the order of its log. */
public sealed interface ChangeEvent {

    /** Where in the log it happened. */
    SourcePosition position();

    /** A change of one row. */
    sealed interface RowChange extends ChangeEvent {

        /** The table of the row. */
        TableId table();

        /** The primary key of the row. */
        RowKey key();
    }

    /**
     * A row was inserted or updated, or read by a backfill.
     *
     * @param origin whether it is a live change or was read
     * @param traceparent the W3C trace context that the change carried, if any
     */
    record RowUpserted(
            TableId table,
            RowKey key,
            Row row,
            Origin origin,
            SourcePosition position,
            @Nullable String traceparent) implements RowChange {

        public RowUpserted {
            requireNonNull(table);
            requireNonNull(key);
            requireNonNull(row);
            requireNonNull(origin);
            requireNonNull(position);
        }
    }

    /** A row was deleted; only its key is known for sure. */
    record RowDeleted(TableId table, RowKey key, SourcePosition position) implements RowChange {

        public RowDeleted {
            requireNonNull(table);
            requireNonNull(key);
            requireNonNull(position);
        }
    }

    /** Every row of a table was removed at once. */
    record TableTruncated(TableId table, SourcePosition position) implements ChangeEvent {

        public TableTruncated {
            requireNonNull(table);
            requireNonNull(position);
        }
    }

    /** The source reported a change of a table's columns. */
    record SchemaChanged(TableId table, String statement, SourcePosition position) implements ChangeEvent {

        public SchemaChanged {
            requireNonNull(table);
            requireNonNull(statement);
            requireNonNull(position);
        }
    }

    /**
     * A point of the log without a row: everything committed before it has arrived.
     *
     * @param id of a barrier that was put into the log on purpose; empty for a heartbeat
     */
    record Barrier(String id, SourcePosition position) implements ChangeEvent {

        public Barrier {
            requireNonNull(id);
            requireNonNull(position);
        }
    }

    /** How a row came to us. */
    enum Origin {
        /** The log told of it. */
        LIVE,
        /** Read with the rest of its table. */
        BACKFILL,
        /** Read again because somebody asked for this row. */
        REPLAY
    }
}
