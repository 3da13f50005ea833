package dev.freshet.bench;

import dev.freshet.daemon.Daemon;
import dev.freshet.demo.HelpCentre;
import dev.freshet.document.DocumentKey;
import dev.freshet.embed.LoadedModel;
import dev.freshet.embed.MiniLm;
import dev.freshet.index.DocumentHead;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/**
 * (c) From the return of a commit to the moment the new text can be found, at 5 updates a second, each of one chunk: on
 * an idle system, and while a backfill keeps every core busy.
 */
final class FreshnessBench {

    private static final Duration PERIOD = Duration.ofMillis(200);
    private static final long FIRST_UPDATED = 1_000_000;
    private static final int TEXTS_PER_SECOND = 250;

    private FreshnessBench() {}

    static void run(Workbench bench, boolean quick, Map<String, Number> results)
            throws SQLException, InterruptedException {
        int updates = quick ? 75 : 500;
        bench.say("(c) %d updates at 5/s, idle and during a backfill, real model".formatted(updates));
        LoadedModel model = MiniLm.load(0);
        List<String> texts = HelpCentre.bodies();
        String chunk = texts.getFirst().substring(0, 700);
        double modelMs = modelMs(model, chunk);
        String url = bench.newDatabase();
        bench.createDocs(url);
        try (Connection connection = bench.connect(url)) {
            fill(connection, texts, chunk, updates);
        }
        try (Daemon daemon = bench.daemon(url, "whole", "none", config -> model);
                Connection connection = bench.connect(url)) {
            update(daemon, connection, chunk, 10, 0);
            double[] idle = update(daemon, connection, chunk, updates, 1);
            daemon.index().removeAll("docs", "docs");
            daemon.reindex("docs", null);
            double[] busy = update(daemon, connection, chunk, updates, 2);
            boolean covered = daemon.status().state().equals("backfilling");
            bench.say("    model %.1f ms; idle p50 %.0f, p99 %.0f ms; during a backfill p50 %.0f, p99 %.0f ms%s"
                    .formatted(
                            modelMs,
                            Workbench.median(idle),
                            Workbench.quantile(idle, 0.99),
                            Workbench.median(busy),
                            Workbench.quantile(busy, 0.99),
                            covered ? "" : " (the backfill ended before the updates)"));
            results.put("fresh_p50_ms", Workbench.median(idle));
            results.put("fresh_p99_ms", Workbench.quantile(idle, 0.99));
            results.put("model_ms", modelMs);
            results.put("fresh_backfill_p99_ms", Workbench.quantile(busy, 0.99));
        }
    }

    private static double modelMs(LoadedModel model, String chunk) {
        double[] times = new double[30];
        for (int i = 0; i < times.length; i++) {
            long start = System.nanoTime();
            model.model().embed(chunk + " " + i);
            times[i] = (System.nanoTime() - start) / 1e6;
        }
        return Workbench.median(times);
    }

    /** The rows to update, and enough others that a backfill of them outlasts the updates. */
    private static void fill(Connection connection, List<String> texts, String chunk, int updates) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO docs VALUES (?, ?, 'a')")) {
            // As many texts of this length a second are more than two cores embed.
            for (int i = 0; i < updates * PERIOD.toMillis() / 1_000 * TEXTS_PER_SECOND; i++) {
                String text = texts.get(i % texts.size());
                insert.setLong(1, i);
                insert.setString(2, i + " " + text.substring(0, Math.min(text.length(), 900)));
                insert.addBatch();
            }
            for (int i = 0; i < 5; i++) {
                insert.setLong(1, FIRST_UPDATED + i);
                insert.setString(2, chunk);
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }

    private static double[] update(Daemon daemon, Connection connection, String chunk, int updates, int round)
            throws SQLException {
        double[] times = new double[updates];
        long due = System.nanoTime();
        try (PreparedStatement update = connection.prepareStatement("UPDATE docs SET body = ?, tag = ? WHERE id = ?")) {
            for (int i = 0; i < updates; i++) {
                LockSupport.parkNanos(due - System.nanoTime());
                due += PERIOD.toNanos();
                long id = FIRST_UPDATED + i % 5;
                String tag = round + "-" + i;
                update.setString(1, tag + " " + chunk);
                update.setString(2, tag);
                update.setLong(3, id);
                update.executeUpdate();
                long committed = System.nanoTime();
                awaitTag(daemon, new DocumentKey("docs", Long.toString(id)), tag);
                times[i] = (System.nanoTime() - committed) / 1e6;
            }
        }
        return times;
    }

    static void awaitTag(Daemon daemon, DocumentKey key, String tag) {
        while (true) {
            DocumentHead head = daemon.index().heads("docs", List.of(key)).get(key);
            if (head != null && tag.equals(head.metadata().get("tag"))) {
                return;
            }
            LockSupport.parkNanos(1_000_000);
        }
    }
}
