package dev.freshet.source.debezium;

import dev.freshet.change.ChangeEvent;
import dev.freshet.source.CapturedTables;
import dev.freshet.source.ChangeBatch;
import dev.freshet.source.ChangeSource;
import io.debezium.embedded.Connect;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.DebeziumEngine.RecordCommitter;
import io.debezium.engine.RecordChangeEvent;
import io.debezium.engine.format.ChangeEventFormat;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Captures PostgreSQL's log with Debezium's embedded engine.
 *
 * <p>The engine's thread decodes a batch, hands it on and returns: it is held back only when the sink has no room. How
 * far events are durable comes later and from another thread; only the contiguous prefix is ever marked, because the
 * engine takes the last mark as its position.
 */
public final class DebeziumSource implements ChangeSource {

    private static final Logger LOG = LoggerFactory.getLogger(DebeziumSource.class);

    private static final Duration STOP_PATIENCE = Duration.ofSeconds(6);
    private static final Duration INTERRUPT_PATIENCE = Duration.ofSeconds(2);
    private static final Duration ASK_AGAIN = Duration.ofMillis(200);

    private final Properties properties;
    private final CapturedTables tables;
    private final String name;
    private final int epoch;

    /** The committer is not thread-safe; the lock also keeps marks away from an engine that is being closed. */
    private final ReentrantLock marking = new ReentrantLock();

    private final CountDownLatch settled = new CountDownLatch(1);
    private final CountDownLatch finished = new CountDownLatch(1);
    private volatile boolean closing;
    private @Nullable DebeziumEngine<?> engine;
    private @Nullable Thread thread;

    /**
     * A source that is not started yet.
     *
     * @param capture what to capture and how
     * @param tables the captured tables
     * @param offsets the file of the checkpoint
     * @param epoch how often the log began anew, as in {@link dev.freshet.change.Version}
     */
    public DebeziumSource(PostgresCapture capture, CapturedTables tables, Path offsets, int epoch) {
        this.epoch = epoch;
        this.name = capture.name();
        this.tables = tables;
        this.properties = capture.engineProperties(tables, offsets);
    }

    /**
     * Whether a checkpoint is there to go on from.
     *
     * @throws org.apache.kafka.connect.errors.ConnectException if the file is damaged
     */
    public static boolean hasCheckpoint(Path offsets) {
        return DurableOffsetStore.hasOffsets(offsets);
    }

    /**
     * The furthest place in the log, as an LSN, that the checkpoint knows; empty without a checkpoint.
     *
     * @throws org.apache.kafka.connect.errors.ConnectException if the file is damaged
     */
    public static OptionalLong checkpoint(Path offsets) {
        return DurableOffsetStore.furthest(offsets);
    }

    @Override
    public void start(Sink sink) {
        var restartPoints = new RestartPoints();
        var decoder = new EventDecoder(name, tables, epoch);
        var created = DebeziumEngine.create(ChangeEventFormat.of(Connect.class))
                .using(properties)
                .using(new DebeziumEngine.ConnectorCallback() {
                    @Override
                    public void pollingStarted() {
                        settled.countDown();
                    }
                })
                .using((success, message, failure) -> ended(sink, success, message, failure))
                .notifying((records, committer) -> hand(decoder, restartPoints, records, committer, sink))
                .build();
        engine = created;
        thread = Thread.ofPlatform().name("freshet-capture").start(created);
        try {
            settled.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void hand(
            EventDecoder decoder,
            RestartPoints restartPoints,
            List<RecordChangeEvent<SourceRecord>> records,
            RecordCommitter<RecordChangeEvent<SourceRecord>> committer,
            Sink sink)
            throws InterruptedException {
        var events = new ArrayList<ChangeEvent>(records.size());
        var sources = new ArrayList<SourceRecord>(records.size());
        for (var record : records) {
            decoder.decode(record.record()).ifPresent(event -> {
                events.add(event);
                sources.add(record.record());
            });
        }
        if (!events.isEmpty()) {
            // One record stands for the batch, so that what waits to be acknowledged does not hold its rows.
            var mark = records.getLast();
            List<Optional<Map<String, ?>>> points = restartPoints.of(sources);
            sink.accept(new ChangeBatch(
                    events, count -> points.get(count - 1).ifPresent(position -> mark(committer, mark, position))));
        }
    }

    private <R> void mark(RecordCommitter<R> committer, R record, Map<String, ?> position) {
        marking.lock();
        try {
            if (!closing) {
                DebeziumEngine.Offsets offsets = committer.buildOffsets();
                position.forEach(offsets::set);
                committer.markProcessed(record, offsets);
                committer.markBatchFinished();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            marking.unlock();
        }
    }

    private void ended(Sink sink, boolean success, @Nullable String message, @Nullable Throwable failure) {
        settled.countDown();
        finished.countDown();
        if (closing) {
            LOG.debug("capture ended while closing success={} message={}", success, message);
            return;
        }
        Throwable reason = failure;
        if (reason == null && !success) {
            reason = new IllegalStateException(message);
        }
        sink.ended(reason);
    }

    @Override
    public void close() {
        marking.lock();
        try {
            closing = true;
        } finally {
            marking.unlock();
        }
        DebeziumEngine<?> running = engine;
        Thread runner = thread;
        if (running == null || runner == null || finished.getCount() == 0) {
            return;
        }
        // On a thread that nobody interrupts, as whoever closes may be: an engine whose stop was interrupted keeps the
        // slot.
        Thread stopping = Thread.ofPlatform().name("freshet-capture-stop").start(() -> stop(running, runner));
        boolean interrupted = false;
        while (stopping.isAlive()) {
            try {
                stopping.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** An engine cannot be stopped while it starts; it says so, and is asked again. */
    private void stop(DebeziumEngine<?> running, Thread runner) {
        try {
            long deadline = System.nanoTime() + STOP_PATIENCE.toNanos();
            boolean started = settled.await(STOP_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            LOG.debug("capture stopping started={}", started);
            do {
                close(running);
            } while (!finished.await(ASK_AGAIN.toMillis(), TimeUnit.MILLISECONDS) && System.nanoTime() < deadline);
            if (finished.getCount() > 0) {
                LOG.warn("capture is interrupted, as it did not stop in time wait_ms={}", STOP_PATIENCE.toMillis());
                runner.interrupt();
                boolean ended = runner.join(INTERRUPT_PATIENCE);
                LOG.info("capture interrupted ended={}", ended);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void close(DebeziumEngine<?> running) {
        try {
            running.close();
        } catch (IllegalStateException e) {
            LOG.debug("capture cannot be stopped now, or is stopping already", e);
        } catch (IOException e) {
            LOG.warn("capture did not stop cleanly error={}", e.toString());
        }
    }
}
