package dev.freshet.source.debezium;

import static org.awaitility.Awaitility.await;

import dev.freshet.change.ChangeEvent;
import dev.freshet.change.ChangeEvent.Barrier;
import dev.freshet.change.ChangeEvent.RowUpserted;
import dev.freshet.change.TableId;
import dev.freshet.source.CapturedTables;
import dev.freshet.source.ChangeBatch;
import dev.freshet.source.ChangeSource;
import dev.freshet.source.Table;
import dev.freshet.source.TestDatabase;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A capture of a test database that collects what it hands out, and acknowledges only when told to. */
final class RunningCapture implements ChangeSource.Sink, AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    /** An event, and how to acknowledge it with all before it. */
    private record Received(ChangeEvent event, ChangeBatch batch, int count) {}

    private final TestDatabase database;
    private final ChangeSource source;
    private final List<Received> received = new ArrayList<>();
    private int taken;
    private boolean ended;
    private @Nullable Throwable failure;

    private RunningCapture(TestDatabase database, ChangeSource source) {
        this.database = database;
        this.source = source;
    }

    static PostgresCapture settings(TestDatabase database, boolean initialSnapshot) {
        return new PostgresCapture(
                database.name(),
                database.url(),
                database.user(),
                "",
                database.name(),
                database.name(),
                initialSnapshot,
                Duration.ofMillis(5),
                Duration.ofMillis(200),
                64 << 20,
                Map.of());
    }

    /** Publishes the tables and starts to capture them; returns when the log is read. */
    static RunningCapture start(TestDatabase database, Map<TableId, Table> tables, Path offsets) {
        return start(database, tables, offsets, false);
    }

    static RunningCapture start(
            TestDatabase database, Map<TableId, Table> tables, Path offsets, boolean initialSnapshot) {
        database.database().ensurePublication(database.name(), tables.keySet());
        RunningCapture capture = unawaited(database, settings(database, initialSnapshot), tables, offsets);
        capture.awaitStreaming();
        return capture;
    }

    /** Starts without waiting for anything: for captures that are expected to fail. */
    static RunningCapture unawaited(
            TestDatabase database, PostgresCapture settings, Map<TableId, Table> tables, Path offsets) {
        var capture =
                new RunningCapture(database, new DebeziumSource(settings, new CapturedTables(tables), offsets, 0));
        capture.source.start(capture);
        return capture;
    }

    /** A barrier that is written before the slot exists never comes, hence one at each try. */
    private void awaitStreaming() {
        String id = UUID.randomUUID().toString();
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(50)).until(() -> {
            database.database().emitBarrier(id);
            return isHere(id) || hasEnded();
        });
        if (hasEnded()) {
            throw new AssertionError("capture ended", failure);
        }
    }

    /** Everything that was committed before this call and was not taken yet, without barriers and heartbeats. */
    List<ChangeEvent> take() {
        return takeAll().stream().filter(event -> !(event instanceof Barrier)).toList();
    }

    /** Everything that was not taken yet, up to a barrier that is written now. */
    List<ChangeEvent> takeAll() {
        String id = UUID.randomUUID().toString();
        database.database().emitBarrier(id);
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(5)).until(() -> isHere(id) || hasEnded());
        synchronized (this) {
            if (ended) {
                throw new AssertionError("capture ended", failure);
            }
            List<ChangeEvent> events = received.subList(taken, received.size()).stream()
                    .map(Received::event)
                    .toList();
            taken = received.size();
            return events;
        }
    }

    /** What {@link #take} gives, where all are upserts. */
    List<RowUpserted> takeUpserts() {
        return take().stream().map(RowUpserted.class::cast).toList();
    }

    private synchronized boolean isHere(String barrier) {
        return received.stream()
                .skip(taken)
                .anyMatch(each ->
                        each.event() instanceof Barrier arrived && arrived.id().equals(barrier));
    }

    /** Says that this event, and all before it, are durable. */
    synchronized void acknowledge(ChangeEvent event) {
        for (Received each : received) {
            if (each.event().equals(event)) {
                each.batch().acknowledgement().durable(each.count());
                return;
            }
        }
        throw new AssertionError("not received: " + event);
    }

    /** Says that whole batches are durable, until they have so many rows; returns the last row. */
    synchronized ChangeEvent acknowledgeWholeBatches(int rows) {
        int seen = 0;
        for (Received each : received) {
            seen += each.event() instanceof Barrier ? 0 : 1;
            if (each.count() == each.batch().events().size() && !(each.event() instanceof Barrier)) {
                each.batch().acknowledgement().durable(each.count());
                if (seen >= rows) {
                    return each.event();
                }
            }
        }
        throw new AssertionError("only " + seen + " rows were received");
    }

    @Override
    public synchronized void accept(ChangeBatch batch) {
        int count = 0;
        for (ChangeEvent event : batch.events()) {
            received.add(new Received(event, batch, ++count));
        }
    }

    @Override
    public synchronized void ended(@Nullable Throwable reason) {
        ended = true;
        failure = reason;
    }

    private synchronized boolean hasEnded() {
        return ended;
    }

    /** Why it ended by itself, once it has. */
    @Nullable Throwable awaitFailure() {
        await().atMost(PATIENCE).until(this::hasEnded);
        return failure;
    }

    @Override
    public void close() {
        source.close();
    }
}
