package dev.freshet.reindex;

import dev.freshet.change.ChangeEvent;
import dev.freshet.change.ChangeEvent.Origin;
import dev.freshet.change.RowKey;
import dev.freshet.change.SourcePosition;
import dev.freshet.change.TableId;
import dev.freshet.pipeline.LogBarrier;
import dev.freshet.pipeline.Loop;
import dev.freshet.pipeline.Schema;
import dev.freshet.source.CapturedTables;
import dev.freshet.source.ChangeBatch;
import dev.freshet.source.PostgresDatabase;
import dev.freshet.source.RowReader;
import dev.freshet.source.RowReader.KeyedRow;
import dev.freshet.source.SourceException;
import dev.freshet.source.Table;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads whole tables page by page in key order and gives their rows to the loop, interleaved with the live changes: the
 * watermark algorithm of Andreakis and Papapanagiotou, "DBLog: A Watermark Based Change-Data-Capture Framework"
 * (2020), with one barrier in the log behind each page.
 *
 * <p>A page is read only when the loop has room for it, so that a backfill of any size holds little memory, does not hold
 * back the checkpoint of the live stream, and no live change ever waits behind it. After a crash it goes on behind the
 * last page that is durable.
 */
public final class Backfill implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Backfill.class);

    private static final long PAGE_BYTES = 8L << 20;
    private static final Duration RETRY = Duration.ofSeconds(2);

    private final Loop loop;
    private final RowReader rows;
    private final PostgresDatabase database;
    private final LogBarrier barrier;
    private final BackfillLog log;
    private final Sweep sweep;
    private final CapturedTables tables;
    private final Schema schema;
    private final int pageRows;
    private final Consumer<Throwable> onFailure;
    private final Thread thread;
    private volatile boolean stopping;

    /**
     * A backfill that is not running yet.
     *
     * @param tables the captured tables
     * @param schema tells how the tables are now, and which tables nobody takes at the time
     * @param pageRows the most rows of a page
     * @param onFailure told when it cannot go on
     */
    public Backfill(
            Loop loop,
            PostgresDatabase database,
            BackfillLog log,
            Sweep sweep,
            CapturedTables tables,
            Schema schema,
            int pageRows,
            Consumer<Throwable> onFailure) {
        this.loop = loop;
        this.database = database;
        this.rows = new RowReader(database);
        this.barrier = new LogBarrier(loop, database);
        this.log = log;
        this.sweep = sweep;
        this.tables = tables;
        this.schema = schema;
        this.pageRows = pageRows;
        this.onFailure = onFailure;
        this.thread = Thread.ofPlatform().name("freshet-backfill-reader").unstarted(this::run);
    }

    /** Starts the thread that reads whatever is asked for. */
    public void start() {
        thread.start();
    }

    private void run() {
        try {
            // Only from here on does the log tell of every change: before the first barrier there may be no slot yet.
            if (!barrier.await(() -> stopping)) {
                return;
            }
            estimateRows();
            for (TableProgress next = next(); next != null; next = next()) {
                readTable(next);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            if (!stopping) {
                onFailure.accept(e);
            }
        }
    }

    private @Nullable TableProgress next() throws InterruptedException {
        synchronized (log) {
            while (!stopping) {
                Optional<TableProgress> unfinished = log.all().stream()
                        .filter(progress -> progress.state() != TableProgress.State.COMPLETE)
                        .filter(progress -> schema.isTaken(progress.table()))
                        .findFirst();
                if (unfinished.isPresent()) {
                    return unfinished.get();
                }
                loop.closeWindows();
                log.wait();
            }
        }
        return null;
    }

    private void readTable(TableProgress progress) throws InterruptedException {
        TableId id = progress.table();
        Instant request = progress.startedAt();
        estimateRows();
        log.update(id, TableProgress::started);
        RowKey after = progress.key() == null ? null : table(id).key(progress.key());
        LOG.info("backfill started table={} resumed={}", id, after != null);
        long read = progress.rows();
        // A commit can be in the log before readers of the table see it: whatever is in the log by now is noted for the
        // first page as well.
        loop.openWindow();
        if (!barrier.await(() -> stopping)) {
            return;
        }
        while (!stopping && loop.awaitBackfillBelow(2 * pageRows)) {
            if (!isCurrent(id, request)) {
                return;
            }
            loop.openWindow();
            RowKey from = after;
            List<KeyedRow> page = retried(() -> schema.read(id, List.of(), table -> page(table, from)));
            if (!schema.isTaken(id)) {
                LOG.info("backfill stopped, as every mapping of the table is paused table={}", id);
                return;
            }
            if (!barrier.await(() -> stopping)) {
                return;
            }
            read += page.size();
            if (page.isEmpty() && progress.sweep() && !sweepTable(id)) {
                return;
            }
            loop.acceptPage(new Page(table(id), page, read, request));
            if (page.isEmpty()) {
                awaitComplete(id, request);
                LOG.info("backfill complete table={} rows={}", id, read);
                return;
            }
            after = page.getLast().key();
        }
    }

    /** Before the table counts as read: cut off by a crash, or by a pause, it is done again. */
    private boolean sweepTable(TableId id) throws InterruptedException {
        OptionalLong removed = retried(() -> sweepOnce(id));
        removed.ifPresent(
                documents -> LOG.info("documents swept whose rows are gone table={} documents={}", id, documents));
        return removed.isPresent();
    }

    private OptionalLong sweepOnce(TableId id) throws InterruptedException {
        if (!schema.isTaken(id)) {
            return OptionalLong.empty();
        }
        try {
            return OptionalLong.of(sweep.sweep(table(id), () -> stopping));
        } catch (SourceException e) {
            if (e.isOtherDefinition()) {
                schema.look(id);
            }
            throw e;
        }
    }

    /** Where a row cannot be read, only the keys: the loop looks the rows up, and finds the one. */
    private List<KeyedRow> page(Table table, @Nullable RowKey after) {
        try {
            return rows.page(table, after, pageRows, PAGE_BYTES);
        } catch (SourceException e) {
            if (!e.isPermanent()) {
                throw e;
            }
            LOG.warn("a page has a row that cannot be read table={} error={}", table.id(), e.getMessage());
            return rows.keys(table, after, pageRows);
        }
    }

    /** For those who watch: about how much there is to read in all. */
    private void estimateRows() throws InterruptedException {
        for (TableProgress each : log.all()) {
            if (each.state() == TableProgress.State.PENDING && each.expected() == 0) {
                long expected = retried(() -> database.estimatedRows(each.table()));
                log.update(each.table(), before -> before.expecting(expected));
            }
        }
    }

    private Table table(TableId id) {
        Table table = tables.of(id);
        if (table == null) {
            throw new IllegalStateException("table " + id + " is not captured");
        }
        return table;
    }

    /** Whether nobody has asked for the table again meanwhile. */
    private boolean isCurrent(TableId table, Instant request) {
        return log.of(table)
                .filter(progress -> progress.startedAt().equals(request))
                .isPresent();
    }

    private void awaitComplete(TableId table, Instant request) throws InterruptedException {
        synchronized (log) {
            while (!stopping
                    && isCurrent(table, request)
                    && log.of(table)
                            .filter(progress -> progress.state() != TableProgress.State.COMPLETE)
                            .isPresent()) {
                log.wait();
            }
        }
    }

    /** A call to the database. */
    private interface Call<T> {
        T run() throws InterruptedException;
    }

    private <T> T retried(Call<T> call) throws InterruptedException {
        while (true) {
            try {
                return call.run();
            } catch (SourceException e) {
                if (e.isPermanent() || stopping) {
                    throw e;
                }
                LOG.warn("backfill waits for the database retry_in_ms={} error={}", RETRY.toMillis(), e.getMessage());
                Thread.sleep(RETRY);
            }
        }
    }

    /** The rows of a page, and an end mark whose acknowledgement moves the progress. */
    private final class Page implements Loop.PageOfRows {
        private final Table table;
        private final List<KeyedRow> page;
        private final long read;
        private final Instant request;

        private Page(Table table, List<KeyedRow> page, long read, Instant request) {
            this.table = table;
            this.page = page;
            this.read = read;
            this.request = request;
        }

        @Override
        public TableId table() {
            return table.id();
        }

        @Override
        public ChangeBatch batch(SourcePosition position, Predicate<RowKey> wanted) {
            var readAt = new SourcePosition(position.connector(), position.version(), Instant.now(), null);
            var events = new ArrayList<ChangeEvent>(page.size() + 1);
            for (KeyedRow row : page) {
                if (wanted.test(row.key())) {
                    events.add(new ChangeEvent.RowUpserted(
                            table.id(), row.key(), row.row(), Origin.BACKFILL, readAt, null));
                }
            }
            events.add(new ChangeEvent.Barrier("", readAt));
            // Keys only: what waits to be acknowledged does not hold the rows.
            List<RowKey> keys = events.stream()
                    .flatMap(event ->
                            event instanceof ChangeEvent.RowUpserted row ? Stream.of(row.key()) : Stream.empty())
                    .toList();
            RowKey last = page.isEmpty() ? null : page.getLast().key();
            return new ChangeBatch(events, durable(table.id(), request, keys, last, read - page.size(), read));
        }
    }

    /** Moves a table's progress to the last durable row: the rows are in key order. */
    private ChangeBatch.Acknowledgement durable(
            TableId table, Instant request, List<RowKey> keys, @Nullable RowKey last, long readBefore, long read) {
        return count -> {
            synchronized (log) {
                if (isCurrent(table, request)) {
                    log.update(table, progress -> {
                        if (last == null) {
                            return progress.complete(read, Instant.now());
                        }
                        return count <= keys.size()
                                ? progress.reached(texts(keys.get(count - 1)), readBefore + count)
                                : progress.reached(texts(last), read);
                    });
                }
                log.notifyAll();
            }
        };
    }

    private static List<String> texts(RowKey key) {
        return key.columns().values().stream().map(Object::toString).toList();
    }

    @Override
    public void close() {
        stopping = true;
        synchronized (log) {
            log.notifyAll();
        }
        thread.interrupt();
        // A page that a silent server was asked for is not worth the wait.
        database.close();
        try {
            thread.join(Duration.ofSeconds(5));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
