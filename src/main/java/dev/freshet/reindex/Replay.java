package dev.freshet.reindex;

import dev.freshet.change.ChangeEvent;
import dev.freshet.change.ChangeEvent.Origin;
import dev.freshet.change.Row;
import dev.freshet.change.RowKey;
import dev.freshet.change.SourcePosition;
import dev.freshet.change.TableId;
import dev.freshet.pipeline.LogBarrier;
import dev.freshet.pipeline.Loop;
import dev.freshet.source.ChangeBatch;
import dev.freshet.source.PostgresDatabase;
import dev.freshet.source.RowReader;
import dev.freshet.source.Table;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;

/**
 * Reads single rows again and gives them to the loop as what they are now, as a {@link Backfill} does with whole tables:
 * between two barriers in the log, so that no later change is undone. Thread-safe; one page at a time.
 */
public final class Replay {

    /** What became of a row. */
    public enum Outcome {
        /** It was read, and processed as it is now. */
        PROCESSED,
        /** There is no such row any more, and its documents have been removed. */
        GONE,
        /** A change of it arrived meanwhile, and decides. */
        OVERTAKEN,
        /** It was read, and waits to be processed. */
        WAITING,
        /** The log did not move in time. */
        NOT_READ
    }

    private final Loop loop;
    private final RowReader rows;
    private final LogBarrier barrier;

    /** Reads from the database, writes by the loop. */
    public Replay(Loop loop, PostgresDatabase database) {
        this.loop = loop;
        this.rows = new RowReader(database);
        this.barrier = new LogBarrier(loop, database);
    }

    /**
     * Processes rows again and waits until that is durable, or for so long.
     *
     * @param keys few enough that their rows may be in memory together
     * @throws dev.freshet.source.SourceException if the rows cannot be read
     */
    public synchronized Map<RowKey, Outcome> replay(Table table, Collection<RowKey> keys, Duration patience)
            throws InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        var outcomes = new HashMap<RowKey, Outcome>();
        keys.forEach(key -> outcomes.put(key, Outcome.NOT_READ));
        try {
            // As before the first page of a backfill: what is in the log by now is noted as well.
            loop.openWindow(Origin.REPLAY);
            if (!arrived(deadline)) {
                return outcomes;
            }
            loop.openWindow(Origin.REPLAY);
            Map<RowKey, Row> found = rows.rows(table, keys);
            if (!arrived(deadline)) {
                return outcomes;
            }
            var page = new Page(table, keys, found, outcomes);
            if (loop.acceptPage(page) > 0 && page.isDurable(deadline)) {
                outcomes.replaceAll((key, outcome) -> outcome != Outcome.WAITING
                        ? outcome
                        : found.containsKey(key) ? Outcome.PROCESSED : Outcome.GONE);
            }
            return outcomes;
        } finally {
            loop.closeWindows(Origin.REPLAY);
        }
    }

    private boolean arrived(long deadline) throws InterruptedException {
        return barrier.await(() -> System.nanoTime() - deadline > 0);
    }

    private static final class Page implements Loop.PageOfRows {
        private final Table table;
        private final Collection<RowKey> keys;
        private final Map<RowKey, Row> found;
        private final Map<RowKey, Outcome> outcomes;
        private final CompletableFuture<Boolean> durable = new CompletableFuture<>();

        private Page(Table table, Collection<RowKey> keys, Map<RowKey, Row> found, Map<RowKey, Outcome> outcomes) {
            this.table = table;
            this.keys = keys;
            this.found = found;
            this.outcomes = outcomes;
        }

        @Override
        public TableId table() {
            return table.id();
        }

        @Override
        public Origin origin() {
            return Origin.REPLAY;
        }

        @Override
        public ChangeBatch batch(SourcePosition position, Predicate<RowKey> wanted) {
            var readAt = new SourcePosition(position.connector(), position.version(), Instant.now(), null);
            var events = new ArrayList<ChangeEvent>();
            for (RowKey key : keys) {
                if (!wanted.test(key)) {
                    outcomes.put(key, Outcome.OVERTAKEN);
                    continue;
                }
                outcomes.put(key, Outcome.WAITING);
                Row row = found.get(key);
                events.add(
                        row == null
                                ? new ChangeEvent.RowDeleted(table.id(), key, readAt)
                                : new ChangeEvent.RowUpserted(table.id(), key, row, Origin.REPLAY, readAt, null));
            }
            return new ChangeBatch(List.copyOf(events), count -> {
                if (count == events.size()) {
                    durable.complete(true);
                }
            });
        }

        private boolean isDurable(long deadline) throws InterruptedException {
            try {
                return durable.get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                return false;
            } catch (ExecutionException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
