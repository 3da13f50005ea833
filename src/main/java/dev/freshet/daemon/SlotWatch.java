package dev.freshet.daemon;

import dev.freshet.source.PostgresDatabase;
import dev.freshet.source.Slot;
import dev.freshet.source.SourceException;
import dev.freshet.telemetry.Meters;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks at the replication slot every few seconds, for status and meters. */
final class SlotWatch implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(SlotWatch.class);

    private static final Duration EVERY = Duration.ofSeconds(2);

    private final PostgresDatabase database;
    private final String slot;
    private final Thread thread;
    private volatile @Nullable Slot last;

    SlotWatch(PostgresDatabase database, String slot, Meters meters) {
        this.database = database;
        this.slot = slot;
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

    private void watch() {
        try {
            while (true) {
                look();
                Thread.sleep(EVERY);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void look() {
        try {
            last = database.slot(slot);
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
