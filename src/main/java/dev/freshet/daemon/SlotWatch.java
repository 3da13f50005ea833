package dev.freshet.daemon;

import dev.freshet.config.SourceConfig;
import dev.freshet.source.PostgresDatabase;
import dev.freshet.source.Slot;
import dev.freshet.source.SourceException;
import dev.freshet.telemetry.Meters;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at the replication slot every few seconds, for status and meters, and keeps it moving: the server sends nothing of
 * transactions that changed other tables only, so that there would be no position to confirm and it would keep its log. A
 * mark of ours in the log is such a position.
 */
final class SlotWatch implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(SlotWatch.class);

    private static final Duration EVERY = Duration.ofSeconds(2);

    /** So little log is not worth a mark, which is log itself: behind the slot's position, and kept for it. */
    private static final long LITTLE_LAG = 64 << 10;

    private static final long LITTLE_RETAINED = 1 << 20;

    private final PostgresDatabase database;
    private final String slot;
    private final SlotWarning warning;
    private final Duration heartbeat;
    private final Thread thread;
    private volatile @Nullable Slot last;

    SlotWatch(PostgresDatabase database, SourceConfig config, Meters meters) {
        this.database = database;
        this.slot = config.slot();
        this.heartbeat = config.heartbeat();
        this.warning = new SlotWarning(config.slot(), config.slotWarning());
        meters.gauge("freshet.slot.lag.bytes", "Bytes of log behind the position that the slot has confirmed", () -> {
            var seen = last;
            return seen == null ? Double.NaN : (Number) seen.lagBytes();
        });
        meters.gauge("freshet.slot.retained.bytes", "Bytes of log that the server keeps for the slot", () -> {
            var seen = last;
            return seen == null ? Double.NaN : (Number) seen.retainedBytes();
        });
        this.thread = Thread.ofVirtual().name("freshet-slot-watch").start(this::watch);
    }

    /** What it saw last; null before the first look and while the database does not answer. */
    @Nullable Slot last() {
        return last;
    }

    /** What is wrong while the server keeps more log for the slot than it should; null otherwise. */
    @Nullable String warning() {
        return warning.current();
    }

    private void watch() {
        Duration pause = heartbeat.compareTo(EVERY) < 0 ? heartbeat : EVERY;
        long marked = System.nanoTime();
        try {
            while (true) {
                look();
                if (System.nanoTime() - marked >= heartbeat.toNanos()) {
                    mark();
                    marked = System.nanoTime();
                }
                Thread.sleep(pause);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void mark() {
        Slot seen = last;
        if (seen == null || !seen.active()) {
            return;
        }
        // The server lets go of log only when a position is confirmed that is behind a snapshot of its own in the log.
        if (seen.lagBytes() < LITTLE_LAG && seen.retainedBytes() < LITTLE_RETAINED) {
            return;
        }
        try {
            database.emitBarrier("");
        } catch (SourceException e) {
            LOG.debug("no mark in the log error={}", e.getMessage());
        }
    }

    private void look() {
        try {
            Slot seen = database.slot(slot);
            last = seen;
            warning.see(seen);
        } catch (SourceException e) {
            last = null;
            LOG.debug("slot not seen error={}", e.getMessage());
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
