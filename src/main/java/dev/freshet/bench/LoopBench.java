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
 * the same table by its read-only incremental snapshot and does nothing with it.
 */
final class LoopBench {

    private static final int CHUNK_ROWS = 1_024;
    private static final TableId DOCS = new TableId("public", "docs");

    private LoopBench() {}

    static void run(Workbench bench, boolean quick, Map<String, Number> results)
            throws SQLException, InterruptedException {
        int rows = quick ? 60_000 : 100_000;
        bench.say("(d) backfill of %,d rows of one chunk, stand-in model, beside a bare Debezium".formatted(rows));
        String url = bench.newDatabase();
        bench.createDocs(url);
        fill(bench, url, rows);
        int rounds = quick ? 1 : 3;
        double[] loop = new double[rounds];
        double[] incremental = new double[rounds];
        double[] initial = new double[rounds];
        for (int round = 0; round < rounds; round++) {
            incremental[round] = debezium(bench, url, true, rows, round);
            loop[round] = loop(bench, url, rows);
            initial[round] = debezium(bench, url, false, rows, round);
        }
        bench.say("    loop %,.0f, Debezium incremental %,.0f, Debezium initial %,.0f rows/s"
                .formatted(Workbench.median(loop), Workbench.median(incremental), Workbench.median(initial)));
        results.put("loop_over_debezium", Workbench.median(loop) / Workbench.median(incremental));
        results.put("loop_over_debezium_initial", Workbench.median(loop) / Workbench.median(initial));
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

    private static double debezium(Workbench bench, String url, boolean incremental, int rows, int round) {
        FreshetConfig config = bench.configuration(url, "whole", "none");
        String slot = "bare_" + (incremental ? "incremental_" : "initial_") + round;
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
                    !incremental,
                    config.source().poll(),
                    config.source().heartbeat(),
                    64L << 20,
                    Map.of());
            Duration took =
                    BareEngine.drain(capture, table, bench.folder().resolve(slot), incremental, CHUNK_ROWS, rows);
            return rows / (took.toNanos() / 1e9);
        }
    }
}
