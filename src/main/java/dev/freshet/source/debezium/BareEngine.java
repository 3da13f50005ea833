package dev.freshet.source.debezium;

import dev.freshet.source.CapturedTables;
import dev.freshet.source.Table;
import io.debezium.embedded.Connect;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.format.ChangeEventFormat;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.connect.data.Struct;
import org.jspecify.annotations.Nullable;

/** A Debezium engine that reads a table and does nothing with it: what the benchmark compares the loop with. */
public final class BareEngine {

    private static final Duration LONGEST = Duration.ofMinutes(10);

    private BareEngine() {}

    /**
     * How long Debezium takes to read all rows of a table by its own snapshot.
     *
     * @param incremental by the read-only incremental snapshot, from its signal on; otherwise by the initial one, from
     *     the first row on
     * @param rows how many rows the table has
     */
    public static Duration drain(
            PostgresCapture capture, Table table, Path offsets, boolean incremental, int chunkRows, long rows) {
        Properties properties = capture.engineProperties(new CapturedTables(Map.of(table.id(), table)), offsets);
        properties.setProperty("read.only", "true");
        properties.setProperty("signal.enabled.channels", "in-process");
        properties.setProperty("signal.poll.interval.ms", "100");
        properties.setProperty("incremental.snapshot.chunk.size", Integer.toString(chunkRows));
        var read = new AtomicLong();
        var first = new AtomicLong();
        var streaming = new CountDownLatch(1);
        var done = new CountDownLatch(1);
        var failure = new AtomicReference<@Nullable String>();
        var engine = DebeziumEngine.create(ChangeEventFormat.of(Connect.class))
                .using(properties)
                .notifying((records, committer) -> {
                    streaming.countDown();
                    for (var record : records) {
                        if (record.record().value() instanceof Struct value
                                && value.schema().field("op") != null
                                && value.getString("op").equals("r")) {
                            first.compareAndSet(0, System.nanoTime());
                            read.incrementAndGet();
                        }
                    }
                    committer.markProcessed(records.getLast());
                    committer.markBatchFinished();
                    if (read.get() >= rows) {
                        done.countDown();
                    }
                })
                .using((success, message, error) -> {
                    failure.set(message);
                    streaming.countDown();
                    done.countDown();
                })
                .build();
        Thread thread = Thread.ofPlatform().name("bare-engine").start(engine);
        try {
            long start = 0;
            if (incremental) {
                await(streaming);
                start = System.nanoTime();
                engine.getSignaler()
                        .signal(new DebeziumEngine.Signal(
                                "bench",
                                "execute-snapshot",
                                "{\"type\":\"incremental\",\"data-collections\":[\"" + table.id() + "\"]}",
                                Map.of()));
            }
            await(done);
            if (read.get() < rows) {
                throw new IllegalStateException(
                        "Debezium ended after " + read + " of " + rows + " rows: " + failure.get());
            }
            return Duration.ofNanos(System.nanoTime() - (incremental ? start : first.get()));
        } finally {
            close(engine, thread);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            if (!latch.await(LONGEST.toSeconds(), TimeUnit.SECONDS)) {
                throw new IllegalStateException("Debezium did not finish within " + LONGEST);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static void close(DebeziumEngine<?> engine, Thread thread) {
        try {
            engine.close();
            thread.join(Duration.ofSeconds(10));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
