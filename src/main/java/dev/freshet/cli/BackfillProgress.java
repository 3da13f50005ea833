package dev.freshet.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Set;
import java.util.stream.StreamSupport;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** Shows how far backfills are until they are complete: a bar on a terminal, a line now and then elsewhere. */
final class BackfillProgress {

    private static final long LOOK_MS = 200;
    private static final int LINE_EVERY = 25;

    /** Set by the launcher, which can tell in every JDK whether people watch. */
    static final String TERMINAL = "freshet.terminal";

    private static final Set<String> ENDED = Set.of("complete", "paused");

    private BackfillProgress() {}

    /** Where the status comes from. */
    @FunctionalInterface
    interface StatusSource {
        JsonNode get() throws InterruptedException;
    }

    /**
     * Returns the first status in which capture streams and the backfill of every one of the tables is complete, or waits
     * for somebody to do something about a table.
     */
    static JsonNode show(String name, StatusSource source, Set<String> tables) throws InterruptedException {
        JsonNode status = source.get();
        boolean terminal = Boolean.getBoolean(TERMINAL);
        try (ProgressBar bar = terminal ? bar(name) : null) {
            for (int look = 0; !isComplete(status, tables); look++) {
                if (bar != null) {
                    bar.maxHint(expected(status, tables));
                    bar.stepTo(rows(status, tables));
                    bar.setExtraMessage(" rows, " + chunks(status));
                } else if (look % LINE_EVERY == LINE_EVERY - 1) {
                    System.err.printf(
                            "%s: %,d of about %,d rows, %s%n",
                            name, rows(status, tables), expected(status, tables), chunks(status));
                }
                Thread.sleep(LOOK_MS);
                status = source.get();
            }
            if (bar != null) {
                bar.maxHint(rows(status, tables));
                bar.stepTo(rows(status, tables));
                bar.setExtraMessage(" rows, " + chunks(status));
            }
        }
        return status;
    }

    private static ProgressBar bar(String name) {
        return new ProgressBarBuilder()
                .setTaskName(name)
                .setStyle(ProgressBarStyle.UNICODE_BLOCK)
                .setUpdateIntervalMillis(200)
                .showSpeed()
                .build();
    }

    private static String chunks(JsonNode status) {
        long chunks = 0;
        for (JsonNode collection : status.path("collections")) {
            chunks += collection.path("chunks").asLong();
        }
        return "%,d chunks".formatted(chunks);
    }

    private static boolean isComplete(JsonNode status, Set<String> tables) {
        return status.path("source").path("connected").asBoolean()
                && StreamSupport.stream(status.path("backfills").spliterator(), false)
                        .filter(backfill ->
                                tables.contains(backfill.path("table").asText()))
                        .allMatch(backfill ->
                                ENDED.contains(backfill.path("state").asText()));
    }

    /** How many rows of the tables were read. */
    static long rows(JsonNode status, Set<String> tables) {
        return sum(status, tables, "rows");
    }

    private static long expected(JsonNode status, Set<String> tables) {
        return Math.max(rows(status, tables), sum(status, tables, "expected"));
    }

    private static long sum(JsonNode status, Set<String> tables, String field) {
        return StreamSupport.stream(status.path("backfills").spliterator(), false)
                .filter(backfill -> tables.contains(backfill.path("table").asText()))
                .mapToLong(backfill -> backfill.path(field).asLong())
                .sum();
    }
}
