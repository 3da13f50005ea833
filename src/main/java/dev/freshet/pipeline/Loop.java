package dev.freshet.pipeline;

import dev.freshet.change.ChangeEvent;
import dev.freshet.change.ChangeEvent.Barrier;
import dev.freshet.change.ChangeEvent.Origin;
import dev.freshet.change.ChangeEvent.RowChange;
import dev.freshet.change.ChangeEvent.RowUpserted;
import dev.freshet.change.ChangeEvent.SchemaChanged;
import dev.freshet.change.ChangeEvent.TableTruncated;
import dev.freshet.change.RowKey;
import dev.freshet.change.SourcePosition;
import dev.freshet.change.TableId;
import dev.freshet.config.Delivery;
import dev.freshet.deadletter.DeadLetters;
import dev.freshet.document.DocumentKey;
import dev.freshet.embed.Embedder;
import dev.freshet.index.VectorIndex;
import dev.freshet.source.ChangeBatch;
import dev.freshet.source.RowReader;
import dev.freshet.telemetry.Meters;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The loop: takes change events in order, keeps them in a bounded {@link Backlog}, and has a few workers bring the
 * documents up to date; a checkpointer makes it durable and moves the sources' positions.
 *
 * <p>Three intakes: the live stream, whose order is that of the log, the backfill, and rows that are read again because
 * somebody asked; the rows of these two are placed in the order of the log by a barrier. Each is acknowledged for itself.
 */
public final class Loop implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Loop.class);

    /** How long an interrupted thread may take to end. */
    private static final Duration INTERRUPTED = Duration.ofSeconds(1);

    private final Map<TableId, List<Target>> targets;
    private final Backlog backlog;
    private final BatchProcessor processor;
    private final RecentChanges recent = new RecentChanges();
    private final VectorIndex index;
    private final Guard indexGuard;
    private final Guard rowsGuard;
    private final DeadLetters deadLetters;
    private final Meters meters;
    private final LoopLimits limits;
    private final Delivery delivery;
    private final BatchSizing backfillBatch;
    private final Intake live = new Intake();
    private final Intake backfill = new Intake();
    private final Intake replay = new Intake();
    private final LiveKeys backfillKeys = new LiveKeys();
    private final LiveKeys replayKeys = new LiveKeys();
    private final Map<String, CompletableFuture<SourcePosition>> barriers = new ConcurrentHashMap<>();
    private final AtomicReference<@Nullable SourcePosition> arrived = new AtomicReference<>();
    private final AtomicReference<@Nullable String> lastError = new AtomicReference<>();
    private final List<Thread> threads = new ArrayList<>();
    private final Consumer<Throwable> onFailure;

    /** Held while events are put in order, so that a page of a backfill gets its place among the live changes. */
    private final Object ordering = new Object();

    /** Opens when the loop is to stop, so that nobody sleeps through it. */
    private final CountDownLatch stop;

    private volatile boolean stopping;
    private boolean awaitsRoom;

    /**
     * A loop that is not running yet.
     *
     * @param targets where the rows of each table go
     * @param onFailure told once when a worker met an error that it cannot go on after
     */
    public Loop(
            Map<TableId, List<Target>> targets,
            RowReader rows,
            Embedder embedder,
            VectorIndex index,
            DeadLetters deadLetters,
            Meters meters,
            LoopLimits limits,
            LoopPolicy policy,
            Consumer<Throwable> onFailure) {
        this.targets = Map.copyOf(targets);
        this.index = index;
        this.deadLetters = deadLetters;
        this.meters = meters;
        this.limits = limits;
        this.delivery = policy.delivery();
        this.onFailure = onFailure;
        stop = new CountDownLatch(1);
        indexGuard = new Guard("index", stop, lastError::set);
        rowsGuard = new Guard("database", stop, lastError::set);
        backlog = new Backlog(limits.backlogBytes(), limits.liveBatches());
        backfillBatch = new BatchSizing(limits.backfillBytes());
        processor = new BatchProcessor(
                new DocumentAssembler(rows, rowsGuard),
                embedder,
                index,
                indexGuard,
                deadLetters,
                backlog,
                meters,
                recent,
                policy.window());
    }

    /** Starts the workers and the checkpointer. */
    public void start() {
        // One more than can wait for vectors, so that one is always there for what needs none.
        for (int i = 0; i <= limits.liveBatches(); i++) {
            threads.add(Thread.ofPlatform().name("freshet-live-" + i).start(() -> work(Lane.LIVE)));
        }
        for (int i = 0; i < limits.backfillWorkers(); i++) {
            threads.add(Thread.ofPlatform().name("freshet-backfill-" + i).start(() -> work(Lane.BACKFILL)));
        }
        threads.add(Thread.ofPlatform().name("freshet-checkpoint").start(this::checkpoints));
    }

    /** Takes events of the live stream, in its order; blocks while there is no room. */
    public void accept(ChangeBatch arrivedBatch) throws InterruptedException {
        ChangeBatch batch = delivered(arrivedBatch);
        for (int place = 0; place < batch.events().size(); place++) {
            synchronized (ordering) {
                ChangeEvent event = batch.events().get(place);
                take(live, batch, place);
                arrived.set(event.position());
                if (event instanceof Barrier barrier) {
                    CompletableFuture<SourcePosition> waiter = barriers.remove(barrier.id());
                    if (waiter != null) {
                        waiter.complete(barrier.position());
                    }
                }
            }
        }
    }

    /** Where nothing may be done twice, the source learns that the changes are done before they are begun. */
    private ChangeBatch delivered(ChangeBatch batch) {
        return switch (delivery) {
            case EFFECTIVELY_ONCE -> batch;
            case AT_MOST_ONCE -> {
                batch.acknowledgement().durable(batch.events().size());
                yield new ChangeBatch(batch.events(), count -> {});
            }
        };
    }

    private void take(Intake intake, ChangeBatch batch, int place) throws InterruptedException {
        switch (batch.events().get(place)) {
            case RowChange change -> {
                if (lane(change) == Lane.LIVE) {
                    backfillKeys.changed(change.table(), change.key());
                    replayKeys.changed(change.table(), change.key());
                }
                List<Target> its = targets.getOrDefault(change.table(), List.of());
                Runnable done = intake.add(batch, place, its.size());
                for (Target target : its) {
                    var work = new Work(target, change, done);
                    if (intake == live) {
                        backlog.put(work, lane(change));
                    } else {
                        backlog.add(work, lane(change));
                    }
                }
                done.run();
            }
            case TableTruncated truncated -> {
                backfillKeys.truncated(truncated.table());
                replayKeys.truncated(truncated.table());
                LOG.info(
                        "table truncated table={} version={} trace_id={}",
                        truncated.table(),
                        truncated.position().version(),
                        truncated.trace().traceId());
                List<Target> its = targets.getOrDefault(truncated.table(), List.of());
                Runnable done = intake.add(batch, place, its.size());
                its.forEach(target -> backlog.put(
                        new Backlog.Truncation(target, truncated.position().version(), done)));
                done.run();
            }
            case SchemaChanged changed -> {
                LOG.info(
                        "table changed table={} version={}",
                        changed.table(),
                        changed.position().version());
                intake.add(batch, place, 0).run();
            }
            case Barrier ignored -> intake.add(batch, place, 0).run();
        }
    }

    private static Lane lane(RowChange change) {
        return change instanceof RowUpserted upserted && upserted.origin() == Origin.BACKFILL
                ? Lane.BACKFILL
                : Lane.LIVE;
    }

    /**
     * Opens the window of a page of a backfill; to be called before the page is read. Live changes are noted from here
     * until {@link #acceptPage}.
     */
    public void openWindow() {
        openWindow(Origin.BACKFILL);
    }

    /** The same for a page of this origin; each has windows of its own. */
    public void openWindow(Origin origin) {
        keys(origin).open();
    }

    /** No backfill is under way any more. */
    public void closeWindows() {
        closeWindows(Origin.BACKFILL);
    }

    /** Nobody reads pages of this origin any more. */
    public void closeWindows(Origin origin) {
        keys(origin).stop();
    }

    private LiveKeys keys(Origin origin) {
        return switch (origin) {
            case BACKFILL -> backfillKeys;
            case REPLAY -> replayKeys;
            case LIVE -> throw new IllegalArgumentException("live changes are not read in pages");
        };
    }

    /**
     * Takes a page of rows that were read, after the barrier behind it has arrived: drops the rows that the log said
     * something of meanwhile and gives the others their place after all that has arrived.
     *
     * @param page makes a batch of the rows that are wanted, at the position that is handed to it
     * @return how many events the batch has
     */
    public int acceptPage(PageOfRows page) throws InterruptedException {
        synchronized (ordering) {
            SourcePosition position = arrived.get();
            if (position == null) {
                throw new IllegalStateException("a page before anything of the log arrived");
            }
            LiveKeys changed = keys(page.origin());
            ChangeBatch read = page.batch(position, key -> !changed.contains(page.table(), key));
            ChangeBatch batch = page.origin() == Origin.REPLAY ? read : delivered(read);
            for (int place = 0; place < batch.events().size(); place++) {
                take(page.origin() == Origin.REPLAY ? replay : backfill, batch, place);
            }
            return batch.events().size();
        }
    }

    /** Rows that were read from one table. */
    public interface PageOfRows {

        /** Who read them. */
        default Origin origin() {
            return Origin.BACKFILL;
        }

        /** The table. */
        TableId table();

        /** The events of those rows that are wanted, at this position. */
        ChangeBatch batch(SourcePosition position, Predicate<RowKey> wanted);
    }

    /**
     * Waits until there is room for a page: fewer than this many documents of a backfill wait, and few bytes; false when
     * the loop is closed.
     */
    public boolean awaitBackfillBelow(int documents) throws InterruptedException {
        return backlog.awaitBackfillBelow(documents);
    }

    /** Completes with its position when the barrier of this id arrives; to be asked for before it is written. */
    public CompletableFuture<SourcePosition> barrier(String id) {
        return barriers.computeIfAbsent(id, key -> new CompletableFuture<>());
    }

    /** Forgets a barrier that nobody waits for any more. */
    public void forgetBarrier(String id) {
        barriers.remove(id);
    }

    private void work(Lane lane) {
        try {
            for (Backlog.Batch batch = take(lane); batch != null; batch = take(lane)) {
                if (!process(batch)) {
                    return;
                }
                backlog.release(batch);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | Error e) {
            fatal(e);
        }
    }

    private void fatal(Throwable reason) {
        if (!stopping) {
            lastError.set(reason.toString());
            onFailure.accept(reason);
        }
    }

    private Backlog.@Nullable Batch take(Lane lane) throws InterruptedException {
        return lane == Lane.LIVE
                ? backlog.take(lane, limits.documents(), limits.liveBytes())
                : backlog.take(lane, limits.documents(), backfillBatch.bytes());
    }

    /** Tries until it works; false when the loop is stopping and the batch was given up. */
    private boolean process(Backlog.Batch batch) throws InterruptedException {
        for (int attempt = 1; ; attempt++) {
            try {
                long start = System.nanoTime();
                processor.process(batch);
                if (batch.lane() == Lane.BACKFILL) {
                    long bytes = batch.works().stream().mapToLong(Work::bytes).sum();
                    backfillBatch.took(bytes, Duration.ofNanos(System.nanoTime() - start));
                }
                return true;
            } catch (RuntimeException e) {
                if (stopping || pausedUntilStop(batch.lane().toString(), attempt, e)) {
                    LOG.info(
                            "batch given up lane={} documents={}",
                            batch.lane(),
                            batch.works().size());
                    return false;
                }
            }
        }
    }

    /** Waits before the next attempt; true when the loop is to stop. Throws the failure if another attempt is pointless. */
    private boolean pausedUntilStop(String what, int attempt, RuntimeException failure) throws InterruptedException {
        if (!Retries.isTransient(failure)) {
            throw failure;
        }
        Duration pause = Retries.pause(attempt);
        meters.error("batch");
        lastError.set(failure.getMessage());
        LOG.warn(
                "batch failed lane={} attempt={} retry_in_ms={} error={}",
                what,
                attempt,
                pause.toMillis(),
                failure.getMessage());
        return stop.await(pause.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void checkpoints() {
        int failures = 0;
        try {
            while (!stop.await(limits.checkpoint().toNanos(), TimeUnit.NANOSECONDS)) {
                try {
                    lookForRoom();
                    checkpoint();
                    failures = 0;
                } catch (RuntimeException e) {
                    failures++;
                    if (pausedUntilStop("checkpoint", failures, e)) {
                        return;
                    }
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | Error e) {
            fatal(e);
        }
    }

    /** Has what waits for room among the dead letters tried again when there may be some. */
    private void lookForRoom() {
        backlog.roomWasMade(deadLetters.removals());
        boolean awaits = backlog.needRoom() > 0;
        if (awaits && !awaitsRoom) {
            lastError.set(deadLetters.full());
            LOG.warn("changes wait for room among the dead letters documents={}", backlog.needRoom());
        }
        if (!awaits && awaitsRoom) {
            LOG.info("no change waits for room among the dead letters any more");
        }
        awaitsRoom = awaits;
    }

    /** Makes durable what can be found and moves the sources' positions behind it. */
    private synchronized void checkpoint() {
        Runnable liveMark = live.toAcknowledge();
        Runnable backfillMark = backfill.toAcknowledge();
        Runnable replayMark = replay.toAcknowledge();
        if (liveMark == null && backfillMark == null && replayMark == null) {
            return;
        }
        long start = System.nanoTime();
        indexGuard.call(() -> {
            index.flush(live.searchable());
            return true;
        });
        meters.stage("flush", Duration.ofNanos(System.nanoTime() - start));
        if (liveMark != null) {
            liveMark.run();
        }
        if (backfillMark != null) {
            backfillMark.run();
        }
        if (replayMark != null) {
            replayMark.run();
        }
    }

    /** How current the index is. */
    public Freshness freshness() {
        SourcePosition oldest = live.oldestPending();
        return new Freshness(live.searchable(), live.pending(), oldest == null ? null : oldest.committedAt());
    }

    /** Why changes wait that can neither be processed nor become dead letters; null when there are none. */
    public @Nullable String halt() {
        return backlog.needRoom() > 0 ? deadLetters.full() : null;
    }

    /** How it stands with what the loop calls: the index, and the database that rows are read back from. */
    public List<GuardStatus> guards() {
        return List.of(indexGuard.status(), rowsGuard.status());
    }

    /** The last thing that went wrong, and was tried again or ended the loop. */
    public @Nullable String lastError() {
        return lastError.get();
    }

    /** What became of the last change of a document in this run, unless many others have changed since. */
    public Optional<Processed> lastProcessed(DocumentKey key) {
        return recent.of(key);
    }

    /** Whether a change of a document has arrived and is not done. */
    public boolean isPending(Target target, DocumentKey key) {
        return backlog.holds(target, key);
    }

    /** How many documents wait or are under way in a lane. */
    public int backlog(Lane lane) {
        return backlog.size(lane);
    }

    /** How many documents with live changes wait for vectors behind those that are being embedded, for tests. */
    int needVectors() {
        return backlog.needVectors();
    }

    /** About how many bytes of changes wait. */
    public long backlogBytes() {
        return backlog.bytes();
    }

    /** Whether everything that arrived is durable in the index. */
    public boolean isDrained() {
        return live.pending() == 0
                && backfill.pending() == 0
                && replay.pending() == 0
                && live.toAcknowledge() == null
                && backfill.toAcknowledge() == null
                && replay.toAcknowledge() == null;
    }

    /** Finishes the batches under way within the limit or gives them up, and saves how far it came. */
    @Override
    public void close() {
        stopping = true;
        stop.countDown();
        backlog.close();
        long deadline = System.nanoTime() + limits.stop().toNanos();
        boolean finished = true;
        for (Thread thread : threads) {
            finished &= join(thread, Duration.ofNanos(Math.max(1_000_000, deadline - System.nanoTime())));
        }
        if (!finished) {
            LOG.info("batch given up at stop wait_ms={}", limits.stop().toMillis());
            threads.forEach(Thread::interrupt);
            // So that none of them still uses what is closed after this.
            threads.forEach(thread -> join(thread, INTERRUPTED));
        }
        checkpoint();
    }

    private static boolean join(Thread thread, Duration wait) {
        try {
            return thread.join(wait);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
