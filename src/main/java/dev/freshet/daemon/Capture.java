package dev.freshet.daemon;

import dev.freshet.diagnosis.Problem;
import dev.freshet.pipeline.LogBarrier;
import dev.freshet.pipeline.Loop;
import dev.freshet.source.ChangeBatch;
import dev.freshet.source.ChangeSource;
import dev.freshet.source.PostgresDatabase;
import dev.freshet.source.Slot;
import dev.freshet.source.SourceException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps the source running: when it ends by itself it is started again, after a pause, from its checkpoint. */
final class Capture implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Capture.class);

    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
    private static final Duration STABLE = Duration.ofMinutes(1);
    private static final Duration LOOK_EVERY = Duration.ofSeconds(1);

    /** So many looks at a slot that nobody holds take longer than Debezium waits before it connects again by itself. */
    private static final int LOOKS = 8;

    private final Supplier<ChangeSource> sources;
    private final Loop loop;
    private final LogBarrier barrier;
    private final Supplier<@Nullable Slot> slots;
    private final Continuity continuity;
    private final Thread thread;
    private volatile boolean connected;
    private volatile boolean stopping;
    private volatile @Nullable String lastError;

    /** @param slots what was last seen of the replication slot; another object after each look */
    Capture(
            Supplier<ChangeSource> sources,
            Loop loop,
            PostgresDatabase database,
            Supplier<@Nullable Slot> slots,
            Continuity continuity) {
        this.sources = sources;
        this.loop = loop;
        this.barrier = new LogBarrier(loop, database);
        this.slots = slots;
        this.continuity = continuity;
        this.thread = Thread.ofVirtual().name("freshet-capture-keeper").unstarted(this::keepRunning);
    }

    void start() {
        thread.start();
    }

    private void keepRunning() {
        Duration pause = FIRST_PAUSE;
        try {
            while (!stopping) {
                long start = System.nanoTime();
                try {
                    if (!isCutOff()) {
                        runOnce();
                    }
                } catch (RuntimeException e) {
                    // Whatever it is, nobody else would start capture again.
                    lastError = rootMessage(e);
                    LOG.warn("capture failed error={}", lastError, e);
                }
                if (stopping) {
                    return;
                }
                boolean stable = System.nanoTime() - start > STABLE.toNanos();
                pause = stable ? FIRST_PAUSE : pause;
                LOG.warn("capture starts again in_ms={}", pause.toMillis());
                Thread.sleep(pause);
                pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause.multipliedBy(2);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether the log does not go on where the checkpoint is, as after a failover under a running daemon. */
    private boolean isCutOff() {
        try {
            Optional<Problem> problem = continuity.problem();
            problem.ifPresent(cut -> {
                if (!cut.message().equals(lastError)) {
                    LOG.error("capture cannot go on error={}", cut.message());
                }
                lastError = cut.message();
            });
            if (problem.isEmpty()) {
                continuity.remember();
            }
            return problem.isPresent();
        } catch (SourceException e) {
            LOG.debug("the log is not looked at error={}", e.getMessage());
            return false;
        }
    }

    private void runOnce() throws InterruptedException {
        BlockingQueue<String> endings = new LinkedBlockingQueue<>();
        try (ChangeSource source = sources.get()) {
            source.start(new ChangeSource.Sink() {
                @Override
                public void accept(ChangeBatch batch) throws InterruptedException {
                    loop.accept(batch);
                }

                @Override
                public void ended(@Nullable Throwable reason) {
                    endings.add(reason == null ? "the engine ended" : rootMessage(reason));
                }
            });
            // The engine says that it runs long before it reads the log.
            connected = barrier.await(() -> stopping || !endings.isEmpty());
            if (connected) {
                LOG.info("capture streams");
            }
            String ending = awaitEnding(endings);
            // Closing what is dead takes its time.
            connected = false;
            lastError = ending;
            LOG.warn("capture ended error={}", ending);
        } finally {
            connected = false;
        }
    }

    /**
     * Waits until the source has ended, or the server says again and again that nobody holds the slot: then the
     * connection is dead, and only our side has not been told. Nothing else would ever tell it where nothing is sent.
     */
    // Two looks may find the same; only whether it is the same look matters.
    @SuppressWarnings("ReferenceEquality")
    private String awaitEnding(BlockingQueue<String> endings) throws InterruptedException {
        Slot seen = slots.get();
        int free = 0;
        while (free < LOOKS) {
            String ending = endings.poll(LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS);
            if (ending != null) {
                return ending;
            }
            Slot now = slots.get();
            if (now != null && now != seen) {
                seen = now;
                free = now.active() ? 0 : free + 1;
            }
        }
        return "the server no longer knows of our connection, which has said nothing of it";
    }

    private static String rootMessage(Throwable reason) {
        Throwable root = reason;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return reason.getCause() == null
                ? String.valueOf(reason.getMessage())
                : reason.getMessage() + ": " + root.getMessage();
    }

    boolean isConnected() {
        return connected;
    }

    /** Why the source last ended by itself. */
    @Nullable String lastError() {
        return lastError;
    }

    @Override
    public void close() throws InterruptedException {
        stopping = true;
        thread.interrupt();
        thread.join(Duration.ofSeconds(15));
    }
}
