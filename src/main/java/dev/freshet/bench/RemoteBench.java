package dev.freshet.bench;

import dev.freshet.config.FreshetConfig;
import dev.freshet.daemon.Daemon;
import dev.freshet.document.DocumentKey;
import dev.freshet.index.DocumentWrite;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;

/**
 * (g) A backfill with an embedding service that takes 200 ms for every request, beside what the configured concurrency and
 * size of requests allow at most. Then changes of metadata only, beside changes of text and a backfill, while every
 * request takes a second.
 */
final class RemoteBench {

    private static final Duration LATENCY = Duration.ofMillis(200);
    private static final Duration LONG_LATENCY = Duration.ofSeconds(1);
    private static final Duration PERIOD = Duration.ofMillis(200);

    /** So many rows have a change of metadata, as many others one of text. */
    private static final int CHANGES = 25;

    private RemoteBench() {}

    static void run(Workbench bench, boolean quick, Map<String, Number> results)
            throws IOException, SQLException, InterruptedException {
        int rows = quick ? 10_240 : 25_600;
        bench.say(
                "(g) backfill of %,d rows of one chunk, service that takes %d ms".formatted(rows, LATENCY.toMillis()));
        String url = bench.newDatabase();
        bench.createDocs(url);
        fill(bench, url, rows);
        try (var service = new SlowService()) {
            FreshetConfig config = bench.configuration(url, "whole", "none", """
                    embedding: {provider: openai, model: slow, remote: {baseUrl: "%s", apiKey: none}}
                    """.formatted(service.url()));
            try (Daemon daemon = Daemon.start(config)) {
                daemon.awaitDrained();
                // For the JIT compiler.
                backfill(daemon, rows);
                service.latency(LATENCY);
                long before = daemon.status().embedding().requests();
                double speed = backfill(daemon, rows);
                long requests = daemon.status().embedding().requests() - before;
                var remote = config.embedding().remote();
                double possible = remote.concurrency() * remote.textsPerRequest() / (LATENCY.toMillis() / 1e3);
                bench.say("    %,.0f of %,.0f chunks/s, %.1f texts a request"
                        .formatted(speed, possible, (double) rows / requests));
                results.put("remote_over_possible", speed / possible);
                service.latency(LONG_LATENCY);
                try (Connection connection = bench.connect(url)) {
                    double[] metadata = metadata(daemon, connection, rows);
                    boolean covered = daemon.status().state().equals("backfilling");
                    bench.say("    metadata during a backfill, service that takes %d ms: p50 %.0f, p99 %.0f ms%s"
                            .formatted(
                                    LONG_LATENCY.toMillis(),
                                    Workbench.median(metadata),
                                    Workbench.quantile(metadata, 0.99),
                                    covered ? "" : " (the backfill ended before the changes)"));
                    results.put("metadata_during_backfill_p99_ms", Workbench.quantile(metadata, 0.99));
                }
            }
        }
    }

    /** From the return of a commit to the moment the new metadata can be found, in ms. */
    private static double[] metadata(Daemon daemon, Connection connection, int rows) throws SQLException {
        List<DocumentKey> others = LongStream.rangeClosed(2 * CHANGES + 1, rows)
                .mapToObj(RemoteBench::key)
                .toList();
        List<DocumentWrite> removals = daemon.index().heads("docs", others).values().stream()
                .<DocumentWrite>map(head -> new DocumentWrite.Remove(head.key(), head.version()))
                .toList();
        daemon.index().apply("docs", removals);
        daemon.reindex("docs", null);
        double[] times = new double[CHANGES];
        long due = System.nanoTime();
        try (var text = connection.prepareStatement("UPDATE docs SET body = 'Now ' || body WHERE id = ?");
                var metadata = connection.prepareStatement("UPDATE docs SET tag = ? WHERE id = ?")) {
            for (int i = 0; i < CHANGES; i++) {
                LockSupport.parkNanos(due - System.nanoTime());
                due += PERIOD.toNanos();
                text.setLong(1, CHANGES + i + 1);
                text.executeUpdate();
                metadata.setString(1, "secret");
                metadata.setLong(2, i + 1);
                metadata.executeUpdate();
                long committed = System.nanoTime();
                FreshnessBench.awaitTag(daemon, key(i + 1), "secret");
                times[i] = (System.nanoTime() - committed) / 1e6;
            }
        }
        return times;
    }

    private static DocumentKey key(long id) {
        return new DocumentKey("docs", Long.toString(id));
    }

    private static void fill(Workbench bench, String url, int rows) throws SQLException {
        try (Connection connection = bench.connect(url);
                var statement = connection.createStatement()) {
            statement.execute(
                    "INSERT INTO docs SELECT i, 'Row ' || i || repeat(', a parcel for customer ' || i, 12), 'a'"
                            + " FROM generate_series(1, " + rows + ") i");
        }
    }

    /** From the request to the moment everything is durable, on an empty index; rows per second. */
    private static double backfill(Daemon daemon, int rows) throws InterruptedException {
        daemon.index().removeAll("docs", "docs");
        long embedded = daemon.status().chunks().embedded();
        long start = System.nanoTime();
        daemon.reindex("docs", null);
        daemon.awaitDrained();
        double took = (System.nanoTime() - start) / 1e9;
        embedded = daemon.status().chunks().embedded() - embedded;
        if (embedded != rows) {
            throw new IllegalStateException("embedded " + embedded + " instead of " + rows + " chunks");
        }
        return rows / took;
    }
}
