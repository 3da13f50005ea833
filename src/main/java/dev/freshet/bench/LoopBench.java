package dev.freshet.bench;

import dev.freshet.change.TableId;
import dev.freshet.config.FreshetConfig;
import dev.freshet.daemon.Daemon;
import dev.freshet.source.PostgresDatabase;
import dev.freshet.source.Table;
import dev.freshet.source.debezium.BareEngine;
import dev.freshet.source.debezium.PostgresCapture;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * (d) A backfill with a model that costs next to nothing and one chunk a row, beside a bare Debezium engine that reads
 * the same table by its read-only incremental snapshot and does nothing with it: as it comes, and made to poll as often
 * as Freshet's own capture.
 */
final class LoopBench {

    private static final int CHUNK_ROWS = 1_024;
    /** Debezium's own default of {@code poll.interval.ms}. */
    private static final Duration DEFAULT_POLL = Duration.ofMillis(500);

    /** How a bare Debezium reads the table. */
    private record Baseline(String name, boolean incremental, Duration poll) {}

    private static final TableId DOCS = new TableId("public", "docs");

    private LoopBench() {}

    static void run(Workbench bench, boolean quick, Map<String, Number> results)
            throws SQLException, InterruptedException {
        int rows = quick ? 60_000 : 100_000;
        bench.say("(d) backfill of %,d rows of one chunk, stand-in model, beside a bare Debezium".formatted(rows));
        String url = bench.newDatabase();
        bench.createDocs(url);
        fill(bench, url, rows);
        Duration poll = bench.configuration(url, "whole", "none").source().poll();
        var polling = new Baseline("polling", true, poll);
        // Once for the JIT compiler: a backfill that is worth measuring takes longer than it does.
        debezium(bench, url, polling, rows, 0);
        loop(bench, url, rows);
        int rounds = quick ? 2 : 5;
        double[] loop = new double[rounds];
        double[] asItComes = new double[rounds];
        double[] asOften = new double[rounds];
        double[] initial = new double[rounds];
        for (int round = 0; round < rounds; round++) {
            asItComes[round] = debezium(bench, url, new Baseline("default", true, DEFAULT_POLL), rows, round + 1);
            loop[round] = loop(bench, url, rows);
            asOften[round] = debezium(bench, url, polling, rows, round + 1);
            initial[round] = debezium(bench, url, new Baseline("initial", false, poll), rows, round + 1);
        }
        double speed = Workbench.median(loop);
        bench.say("    loop %,.0f, Debezium %,.0f, polling every %d ms %,.0f, initial %,.0f rows/s"
                .formatted(
                        speed,
                        Workbench.median(asItComes),
                        poll.toMillis(),
                        Workbench.median(asOften),
                        Workbench.median(initial)));
        results.put("loop_over_debezium", speed / Workbench.median(asItComes));
        results.put("loop_over_debezium_polling", speed / Workbench.median(asOften));
        results.put("loop_over_debezium_initial", speed / Workbench.median(initial));
    }

    static void fill(Workbench bench, String url, int rows) throws SQLException {
        try (Connection connection = bench.connect(url);
                var statement = connection.createStatement()) {
            statement.execute("INSERT INTO docs SELECT i, 'Row ' || i || ': ' || repeat(md5(i::text) || ' ', 15), 'a'"
                    + " FROM generate_series(1, " + rows + ") i");
            statement.execute("ANALYZE docs");
        }
    }

    private static double loop(Workbench bench, String url, int rows) throws InterruptedException {
        try (Daemon daemon = bench.daemon(url, "whole", "none", config -> new StandInModel().load())) {
            daemon.index().removeAll("docs", "docs");
            long start = System.nanoTime();
            daemon.reindex("docs", null);
            daemon.awaitDrained();
            double took = (System.nanoTime() - start) / 1e9;
            long documents = daemon.index().describe("docs").orElseThrow().documents();
            if (documents != rows) {
                throw new IllegalStateException("indexed " + documents + " instead of " + rows + " rows");
            }
            return rows / took;
        }
    }

    private static double debezium(Workbench bench, String url, Baseline baseline, int rows, int round)
            throws SQLException {
        FreshetConfig config = bench.configuration(url, "whole", "none");
        String slot = "bare_" + baseline.name() + "_" + round;
        try (var database = new PostgresDatabase(
                url, config.source().user(), config.source().password().value())) {
            Table table = database.table(DOCS).only(List.of("body", "tag"));
            database.ensurePublication(slot, List.of(DOCS));
            var capture = new PostgresCapture(
                    slot,
                    url,
                    config.source().user(),
                    config.source().password().value(),
                    slot,
                    slot,
                    !baseline.incremental(),
                    baseline.poll(),
                    config.source().heartbeat(),
                    64L << 20,
                    Map.of());
            Duration took = BareEngine.drain(
                    capture, table, bench.folder().resolve(slot), baseline.incremental(), CHUNK_ROWS, rows);
            dropSlot(bench, url, slot);
            return rows / (took.toNanos() / 1e9);
        }
    }

    /** A server has only so many. */
    private static void dropSlot(Workbench bench, String url, String slot) throws SQLException {
        try (Connection connection = bench.connect(url);
                var drop = connection.prepareStatement("SELECT pg_drop_replication_slot(?)")) {
            drop.setString(1, slot);
            drop.execute();
        }
    }
}
