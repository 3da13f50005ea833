package dev.freshet.daemon;

import dev.freshet.change.TableId;
import dev.freshet.pipeline.LogBarrier;
import dev.freshet.pipeline.Loop;
import dev.freshet.pipeline.Schema;
import dev.freshet.pipeline.Schema.Recovery;
import dev.freshet.reindex.BackfillLog;
import dev.freshet.source.CapturedTables;
import dev.freshet.source.PostgresDatabase;
import dev.freshet.source.SourceException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks every few seconds, and when capture has cause to, whether the tables were altered; has the rows of those read again
 * that were rewritten, or whose mapping was paused and need not be any more.
 */
final class SchemaWatch implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(SchemaWatch.class);

    private static final Duration EVERY = Duration.ofSeconds(5);
    private static final Duration RETRY = Duration.ofSeconds(2);

    private final Schema schema;
    private final PostgresDatabase database;
    private final String publication;
    private final Loop loop;
    private final LogBarrier barrier;
    private final BackfillLog backfills;
    private final Consumer<Throwable> onFailure;
    private final BlockingQueue<TableId> doubtful = new LinkedBlockingQueue<>();
    private final Thread thread;
    private volatile boolean stopping;

    /**
     * A watch that has not begun.
     *
     * @param onFailure told when it cannot go on
     */
    SchemaWatch(
            Schema schema,
            CapturedTables tables,
            PostgresDatabase database,
            String publication,
            Loop loop,
            BackfillLog backfills,
            Consumer<Throwable> onFailure) {
        this.schema = schema;
        this.database = database;
        this.publication = publication;
        this.loop = loop;
        this.barrier = new LogBarrier(loop, database);
        this.backfills = backfills;
        this.onFailure = onFailure;
        this.thread = Thread.ofVirtual().name("freshet-schema-watch").unstarted(this::watch);
        tables.onOtherColumns(this::doubt);
    }

    /** Called for each of many changes. */
    private void doubt(TableId table) {
        if (!doubtful.contains(table)) {
            doubtful.add(table);
        }
    }

    void start() {
        thread.start();
    }

    private void watch() {
        try {
            while (!stopping) {
                for (TableId table : schema.tables()) {
                    look(table);
                }
                for (TableId table = doubtful.poll(EVERY.toMillis(), TimeUnit.MILLISECONDS);
                        table != null;
                        table = doubtful.poll()) {
                    look(table);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            if (!stopping) {
                onFailure.accept(e);
            }
        }
    }

    private void look(TableId table) throws InterruptedException {
        try {
            schema.look(table);
            if (isPublished(table)) {
                var recovery = schema.recovery(table);
                if (recovery.isPresent()) {
                    recover(recovery.get());
                }
            }
        } catch (SourceException e) {
            LOG.debug("table not seen table={} error={}", table, e.getMessage());
        }
    }

    /** A table that was dropped and made again is in no publication. */
    private boolean isPublished(TableId table) {
        if (!schema.isToRebuild(table)) {
            return true;
        }
        try {
            database.ensurePublication(publication, Set.of(table));
            return true;
        } catch (SourceException e) {
            if (!e.isPermanent()) {
                throw e;
            }
            schema.pauseAll(table, String.valueOf(e.getMessage()), "all its rows are read again then by themselves");
            return false;
        }
    }

    /** Mappings that take changes again must be brought up to date, whatever happens meanwhile. */
    private void recover(Recovery recovery) throws InterruptedException {
        while (!stopping) {
            try {
                readAgain(recovery);
                return;
            } catch (SourceException | UncheckedIOException e) {
                LOG.warn(
                        "rows cannot be read again yet table={} retry_in_ms={} error={}",
                        recovery.table(),
                        RETRY.toMillis(),
                        e.getMessage());
                Thread.sleep(RETRY);
            }
        }
    }

    private void readAgain(Recovery recovery) throws InterruptedException {
        TableId table = recovery.table();
        // Behind this mark there is no change any more that was read by the columns the table had before.
        if (!barrier.await(() -> stopping)) {
            return;
        }
        if (recovery.otherKey()) {
            removeDocuments(recovery);
        }
        if (!recovery.retyped().isEmpty()) {
            LOG.info("table altered, its rows are read again table={} columns={}", table, recovery.retyped());
        }
        if (recovery.rebuilt().isEmpty()) {
            backfills.request(Set.of(table));
        } else {
            backfills.requestWithSweep(Set.of(table));
        }
        schema.recovered(recovery);
    }

    /** By the old key nobody can tell which of them have a row. */
    private void removeDocuments(Recovery recovery) throws InterruptedException {
        for (String mapping : recovery.rebuilt()) {
            LOG.info("documents removed, as the table has another key mapping={} table={}", mapping, recovery.table());
            try {
                loop.removeAll(recovery.table(), mapping).get();
            } catch (ExecutionException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    @Override
    public void close() throws InterruptedException {
        stopping = true;
        thread.interrupt();
        thread.join(Duration.ofSeconds(5));
    }
}
