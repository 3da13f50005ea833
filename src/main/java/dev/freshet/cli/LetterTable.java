package dev.freshet.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.Collectors;

/** Dead letters for people, one a line. */
final class LetterTable {

    private static final int LONGEST = 100;

    private LetterTable() {}

    static void print(JsonNode listing, PrintWriter out) {
        for (JsonNode letter : listing.path("letters")) {
            out.printf(
                    "%-16s %-12s %-9s %2d× %9s  %s%n",
                    letter.path("mapping").asText(),
                    letter.path("event").path("key").asText(),
                    letter.path("stage").asText(),
                    letter.path("attempts").asInt(),
                    age(letter.path("lastAt").asText()),
                    shortened(letter.path("error").asText()));
        }
        int shown = listing.path("letters").size();
        int matching = listing.path("matching").asInt();
        int total = listing.path("total").asInt();
        if (total == 0) {
            out.println("There are no dead letters.");
            return;
        }
        out.printf(
                "%s%,d dead letters%s%s%s%n",
                shown < matching ? "%,d of ".formatted(shown) : "",
                matching,
                matching < total ? " of %,d in all".formatted(total) : "",
                counts(" by mapping", listing.path("byMapping")),
                counts(" by stage", listing.path("byStage")));
    }

    private static String counts(String what, JsonNode counts) {
        return counts.isEmpty()
                ? ""
                : ";" + what + ": "
                        + counts.properties().stream()
                                .map(entry ->
                                        entry.getKey() + " " + entry.getValue().asLong())
                                .collect(Collectors.joining(", "));
    }

    private static String shortened(String error) {
        String line = error.replaceAll("\\s+", " ");
        return line.length() <= LONGEST ? line : line.substring(0, LONGEST - 1) + "…";
    }

    /** How long ago, in one unit. */
    static String age(String instant) {
        long seconds = Math.max(
                0, Duration.between(Instant.parse(instant), Instant.now()).toSeconds());
        if (seconds < 120) {
            return seconds + " s ago";
        }
        if (seconds < 7_200) {
            return seconds / 60 + " min ago";
        }
        return seconds < 172_800 ? seconds / 3_600 + " h ago" : seconds / 86_400 + " d ago";
    }
}
