package dev.freshet.pipeline;

import dev.freshet.change.SourcePosition;
import dev.freshet.source.PostgresDatabase;
import dev.freshet.source.SourceException;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A mark in the source's log that is written now and awaited in the stream: when it comes back, everything that was
 * committed before it was written has arrived.
 */
public final class LogBarrier {

    private static final Logger LOG = LoggerFactory.getLogger(LogBarrier.class);

    private static final Duration FIRST_PATIENCE = Duration.ofMillis(250);
    private static final Duration LONGEST_PATIENCE = Duration.ofSeconds(15);

    private final Loop loop;
    private final PostgresDatabase database;

    /** Writes by the database, awaits in the loop. */
    public LogBarrier(Loop loop, PostgresDatabase database) {
        this.loop = loop;
        this.database = database;
    }

    /**
     * Waits until the stream has passed everything that is committed now. Writes the mark again when it does not come:
     * one that was written before the slot existed is never seen.
     *
     * @return false if it was given up
     */
    public boolean await(BooleanSupplier givenUp) throws InterruptedException {
        String id = UUID.randomUUID().toString();
        CompletableFuture<SourcePosition> arrival = loop.barrier(id);
        Duration patience = FIRST_PATIENCE;
        try {
            while (!givenUp.getAsBoolean()) {
                write(id);
                if (arrived(arrival, patience)) {
                    return true;
                }
                LOG.debug("waiting for the log wait_ms={}", patience.toMillis());
                patience = patience.compareTo(LONGEST_PATIENCE) < 0 ? patience.multipliedBy(2) : patience;
            }
            return false;
        } finally {
            loop.forgetBarrier(id);
        }
    }

    private void write(String id) {
        try {
            database.emitBarrier(id);
        } catch (SourceException e) {
            if (e.isPermanent()) {
                throw e;
            }
            LOG.warn("the database does not take a barrier, trying again error={}", e.getMessage());
        }
    }

    private static boolean arrived(CompletableFuture<SourcePosition> arrival, Duration patience)
            throws InterruptedException {
        try {
            arrival.get(patience.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }
}
