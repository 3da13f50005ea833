package dev.freshet.bench;

import dev.freshet.config.FreshetConfig;
import dev.freshet.daemon.Daemon;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;

/**
 * (g) A backfill with an embedding service that takes 200 ms for every request, beside what the configured concurrency and
 * size of requests allow at most.
 */
final class RemoteBench {

    private static final Duration LATENCY = Duration.ofMillis(200);

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
            }
        }
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
