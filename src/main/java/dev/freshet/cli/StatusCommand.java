package dev.freshet.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code freshet status}. */
@Command(name = "status", description = "Shows what a running daemon is doing.", mixinStandardHelpOptions = true)
final class StatusCommand implements Callable<Integer> {

    private static final String CLEAR = "\u001b[H\u001b[2J";
    private static final long EVERY_MS = 1_000;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private DaemonOption daemon = new DaemonOption();

    @Option(names = "--json", description = "print the status as JSON")
    private boolean json;

    @Option(names = "--watch", description = "show it again every second until interrupted")
    private boolean watch;

    @Override
    public Integer call() throws InterruptedException {
        var client = daemon.client();
        PrintWriter out = spec.commandLine().getOut();
        do {
            JsonNode status = client.get("/v1/status");
            if (watch && !json && Boolean.getBoolean(BackfillProgress.TERMINAL)) {
                out.print(CLEAR);
            }
            if (json) {
                out.println(watch ? status.toString() : status.toPrettyString());
            } else {
                print(status, out);
            }
            out.flush();
            if (watch) {
                Thread.sleep(EVERY_MS);
            }
        } while (watch);
        return 0;
    }

    private static void print(JsonNode status, PrintWriter out) {
        JsonNode source = status.path("source");
        out.printf(
                "state        %s (since %s)%n",
                status.path("state").asText(), status.path("startedAt").asText());
        out.printf(
                "source       slot %s, position %s, committed %s%n",
                source.path("slot").asText(),
                source.path("position").asText("-"),
                source.path("committedAt").asText("-"));
        out.printf(
                "lag          %d ms, %s of log behind, %s kept by the server%n",
                source.path("lagMs").asLong(), bytes(source.path("lagBytes")), bytes(source.path("retainedBytes")));
        if (source.hasNonNull("warning")) {
            out.printf("warning      %s%n", source.path("warning").asText());
        }
        for (JsonNode paused : status.path("paused")) {
            out.printf(
                    "paused       %s of %s, since %s%n             why: %s%n             way out: %s%n             what it has"
                            + " in the index is as old as that, apart from rows that were deleted%n",
                    paused.path("mapping").asText(),
                    paused.path("table").asText(),
                    paused.path("since").asText(),
                    paused.path("reason").asText(),
                    paused.path("wayOut").asText());
        }
        for (JsonNode backfill : status.path("backfills")) {
            out.printf(
                    "backfill     %-28s %-9s %,d of about %,d rows%n",
                    backfill.path("table").asText(),
                    backfill.path("state").asText(),
                    backfill.path("rows").asLong(),
                    backfill.path("expected").asLong());
        }
        status.path("collections")
                .properties()
                .forEach(entry -> out.printf(
                        "collection   %-28s %,d documents, %,d chunks%n",
                        entry.getKey(),
                        entry.getValue().path("documents").asLong(),
                        entry.getValue().path("chunks").asLong()));
        for (JsonNode guard : status.path("guards")) {
            if (!guard.path("state").asText().equals("closed")) {
                out.printf(
                        "away         %s, changes wait: %s%n",
                        guard.path("name").asText(), guard.path("lastError").asText("-"));
            }
        }
        JsonNode chunks = status.path("chunks");
        out.printf(
                "chunks       %,d embedded, %,d reused since the start%n",
                chunks.path("embedded").asLong(), chunks.path("reused").asLong());
        JsonNode backlog = status.path("backlog");
        out.printf(
                "backlog      %,d live, %,d of backfills, %s%n",
                backlog.path("live").asLong(), backlog.path("backfill").asLong(), bytes(backlog.path("bytes")));
        JsonNode room = status.path("deadLetterRoom");
        out.printf(
                "dead letters %,d (%s of %s)%s%n",
                status.path("deadLetters").asLong(),
                bytes(room.path("bytes")),
                bytes(room.path("max")),
                switch (room.path("level").asText()) {
                    case "nearly-full" -> ", nearly full";
                    case "halted" ->
                        ", full: changes wait until letters are replayed or discarded (freshet deadletters)";
                    default -> "";
                });
        if (!status.path("lastError").isNull()) {
            out.printf("last error   %s%n", status.path("lastError").asText());
        }
    }

    private static String bytes(JsonNode value) {
        if (!value.isNumber()) {
            return "-";
        }
        long bytes = value.asLong();
        if (bytes < 10_240) {
            return bytes + " B";
        }
        return bytes < 10L << 20 ? (bytes >> 10) + " KiB" : (bytes >> 20) + " MiB";
    }
}
