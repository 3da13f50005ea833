package dev.freshet.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code freshet explain}. */
@Command(
        name = "explain",
        description = {
            "Tells what the index has of a row and why: which change made it, when it passed each stage, what was embedded, and"
                    + " whether the row says the same now.",
            "Asks a running daemon; changes nothing."
        },
        mixinStandardHelpOptions = true)
final class ExplainCommand implements Callable<Integer> {

    private static final int EXCERPT = 100;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(index = "0", paramLabel = "<mapping>", description = "which of the mappings")
    private String mapping = "";

    @Parameters(
            index = "1",
            paramLabel = "<key>",
            description =
                    "the row's primary key; the values of several columns in the key's order, with commas between (a"
                            + " comma in a value is written \\,)")
    private String key = "";

    @Mixin
    private DaemonOption daemon = new DaemonOption();

    @Option(names = "--json", description = "print it as JSON")
    private boolean json;

    @Override
    public Integer call() throws InterruptedException {
        JsonNode answer = daemon.client().get("/v1/explain?mapping=" + encoded(mapping) + "&key=" + encoded(key));
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(answer.toPrettyString());
        } else {
            print(answer, out);
        }
        out.flush();
        return 0;
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static void print(JsonNode answer, PrintWriter out) {
        out.printf(
                "Row %s of %s, mapping %s, collection %s: %s%n",
                text(answer, "key"),
                text(answer, "table"),
                text(answer, "mapping"),
                text(answer, "collection"),
                text(answer, "state"));
        out.printf("  %s.%n", text(answer, "why"));
        for (JsonNode difference : answer.path("database").path("differences")) {
            line(out, "differs", difference.asText());
        }
        line(out, "because", optional(answer.path("database"), "why"));
        if (answer.path("pending").asBoolean()) {
            line(out, "pending", "a change of it has arrived and is not done");
        }
        line(out, "error", optional(answer, "lastError"));
        line(out, "advice", optional(answer, "advice"));
        index(answer.path("index"), out);
        removed(answer.path("removed"), out);
        thisRun(answer.path("thisRun"), out);
        letter(answer.path("deadLetter"), out);
        out.println();
        line(out, "model", text(answer, "model"));
        line(out, "chunking", text(answer, "chunker"));
        JsonNode current = answer.path("currentTo");
        line(
                out,
                "current to",
                "%s (committed %s), %s pending%s"
                        .formatted(
                                current.path("position").asText("nothing yet"),
                                current.path("committedAt").asText("-"),
                                current.path("pending").asText(),
                                current.path("backfilling").asBoolean() ? ", backfill under way" : ""));
    }

    private static void index(JsonNode index, PrintWriter out) {
        if (!index.isObject()) {
            return;
        }
        out.printf("%nIn the index%n");
        line(
                out,
                "document",
                text(index, "id") + (index.path("tenant").isNull() ? "" : ", tenant " + text(index, "tenant")));
        var metadata = new ArrayList<String>();
        index.path("metadata")
                .properties()
                .forEach(entry -> metadata.add(entry.getKey() + " = "
                        + (entry.getValue().isContainerNode()
                                ? entry.getValue().toString()
                                : entry.getValue().asText())));
        line(out, "metadata", metadata.isEmpty() ? "none" : String.join(", ", metadata));
        line(out, "version", "%s, at %s".formatted(text(index, "version"), text(index, "position")));
        line(out, "trace", optional(index, "traceparent"));
        line(out, "origin", optional(index, "origin"));
        Instant before = null;
        for (String stage : List.of("committed", "captured", "prepared", "embedded", "indexed")) {
            String at = optional(index, stage + "At");
            if (at == null) {
                continue;
            }
            Instant time = Instant.parse(at);
            String since = before == null
                    ? ""
                    : " (+%,d ms)".formatted(Duration.between(before, time).toMillis());
            line(out, stage, at + since);
            before = time;
        }
        JsonNode chunks = index.path("chunks");
        line(
                out,
                "chunks",
                chunks.size()
                        + (index.path("embedded").isNull()
                                ? ""
                                : ": %d embedded in this version, %d reused"
                                        .formatted(
                                                index.path("embedded").asInt(),
                                                index.path("reused").asInt()))
                        + (index.path("missing").asInt() > 0 ? ", " + text(index, "missing") + " lost" : ""));
        int place = 1;
        for (JsonNode chunk : chunks) {
            boolean old =
                    chunk.path("current").isBoolean() && !chunk.path("current").asBoolean();
            out.printf("  %9d  %s%s%n", place++, old ? "(old) " : "", excerpt(chunk));
        }
    }

    private static String excerpt(JsonNode chunk) {
        var headings = new ArrayList<String>();
        chunk.path("headings").forEach(heading -> headings.add(heading.asText()));
        String text = text(chunk, "text").strip().replaceAll("\\s+", " ");
        String all = headings.isEmpty() ? text : String.join(" > ", headings) + ": " + text;
        return all.codePointCount(0, all.length()) <= EXCERPT
                ? all
                : all.substring(0, all.offsetByCodePoints(0, EXCERPT)) + " …";
    }

    private static void removed(JsonNode removed, PrintWriter out) {
        if (removed.isObject()) {
            out.printf("%nRemoved from the index%n");
            line(out, "version", "%s, at %s".formatted(text(removed, "version"), text(removed, "position")));
            line(out, "at", optional(removed, "removedAt"));
            line(out, "trace", optional(removed, "traceparent"));
        }
    }

    private static void thisRun(JsonNode last, PrintWriter out) {
        if (last.isObject()) {
            out.printf("%nLast change since the daemon's start (kept in memory only)%n");
            line(out, text(last, "outcome"), text(last, "at"));
            line(out, "version", "%s, at %s".formatted(text(last, "version"), text(last, "position")));
            line(out, "trace", text(last, "traceparent"));
            line(out, "committed", text(last, "committedAt"));
            line(out, "captured", text(last, "capturedAt"));
        }
    }

    private static void letter(JsonNode letter, PrintWriter out) {
        if (letter.isObject()) {
            out.printf("%nDead letter%n");
            line(
                    out,
                    "failed",
                    "in stage %s, %d times, first %s, last %s"
                            .formatted(
                                    text(letter, "stage"),
                                    letter.path("attempts").asInt(),
                                    text(letter, "firstAt"),
                                    text(letter, "lastAt")));
            line(out, "error", text(letter, "error"));
            line(out, "class", text(letter, "errorClass"));
            line(out, "version", text(letter.path("event"), "version"));
            line(out, "trace", optional(letter.path("event"), "traceparent"));
        }
    }

    private static void line(PrintWriter out, String name, @Nullable String value) {
        if (value != null) {
            out.printf("  %-10s %s%n", name, value);
        }
    }

    private static String text(JsonNode node, String field) {
        return node.path(field).asText();
    }

    private static @Nullable String optional(JsonNode node, String field) {
        JsonNode value = node.path(field);
        return value.isMissingNode() || value.isNull() ? null : value.asText();
    }
}
