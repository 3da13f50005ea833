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

        /** The trace context that came with it, if any. */
        @Nullable Traceparent traceparent();

        /** The trace context that came with it, or else the one that is {@linkplain Traceparent#of made} of its position. */
        default Traceparent trace() {
            Traceparent came = traceparent();
            return came == null ? Traceparent.of(position(), table(), key().text()) : came;
        }
    }

    /**
     * A row was inserted or updated, or read by a backfill.
     *
     * @param origin whether it is a live change or was read
     * @param traceparent the trace context that came with it, if any
     */
    record RowUpserted(
            TableId table,
            RowKey key,
            Row row,
            Origin origin,
            SourcePosition position,
            @Nullable Traceparent traceparent)
            implements RowChange {

        public RowUpserted {
            requireNonNull(table);
            requireNonNull(key);
            requireNonNull(row);
            requireNonNull(origin);
            requireNonNull(position);
        }
    }

    /**
     * A row was deleted; only its key is known for sure.
     *
     * @param traceparent the trace context that came with it, if any
     */
    record RowDeleted(
            TableId table,
            RowKey key,
            SourcePosition position,
            @Nullable Traceparent traceparent) implements RowChange {

        public RowDeleted {
            requireNonNull(table);
            requireNonNull(key);
            requireNonNull(position);
        }

        /** A delete that no trace context came with. */
        public RowDeleted(TableId table, RowKey key, SourcePosition position) {
            this(table, key, position, null);
        }
    }

    /**
     * Every row of a table was removed at once.
     *
     * @param traceparent the trace context that came with it, if any
     */
    record TableTruncated(
            TableId table,
            SourcePosition position,
            @Nullable Traceparent traceparent) implements ChangeEvent {

        public TableTruncated {
            requireNonNull(table);
            requireNonNull(position);
        }

        /** A truncation that no trace context came with. */
        public TableTruncated(TableId table, SourcePosition position) {
            this(table, position, null);
        }

        /** The trace context that came with it, or else the one that is {@linkplain Traceparent#of made} of its position. */
        public Traceparent trace() {
            return traceparent == null ? Traceparent.of(position, table, "") : traceparent;
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
