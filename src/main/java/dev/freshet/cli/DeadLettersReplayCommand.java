package dev.freshet.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.PrintWriter;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code freshet deadletters replay}. */
@Command(
        name = "replay",
        description = {
            "Reads the rows of dead letters again and processes them as they are now.",
            "A letter goes away when that works, or when its row is gone. Exit status 1 when one stays."
        },
        mixinStandardHelpOptions = true)
final class DeadLettersReplayCommand implements Callable<Integer> {

    /** The daemon reads so many rows at a time. */
    private static final int AT_ONCE = 16;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private ChosenLetters chosen = new ChosenLetters();

    @Option(names = "--json", description = "print what became of each as JSON")
    private boolean json;

    @Override
    public Integer call() throws InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        JsonNode listing = chosen.list();
        if (chosen.isDryRun()) {
            LetterTable.print(listing, out);
            out.println("Nothing was replayed.");
            out.flush();
            return 0;
        }
        var client = chosen.client();
        ArrayNode all = JsonNodeFactory.instance.arrayNode();
        for (JsonNode request : ChosenLetters.requests(listing, AT_ONCE)) {
            JsonNode results = client.post("/v1/dead-letters/replay", request).path("results");
            results.forEach(all::add);
            if (!json) {
                results.forEach(result -> print(result, out));
                out.flush();
            }
        }
        var counts = new TreeMap<String, Long>();
        all.forEach(result -> counts.merge(result.path("outcome").asText(), 1L, Long::sum));
        if (json) {
            out.println(all.toPrettyString());
        } else {
            out.println(counts.entrySet().stream()
                    .map(entry -> "%,d %s".formatted(entry.getValue(), entry.getKey()))
                    .collect(Collectors.joining(", ")));
        }
        out.flush();
        return done(counts) == all.size() ? 0 : 1;
    }

    private static long done(Map<String, Long> counts) {
        return counts.getOrDefault("replayed", 0L) + counts.getOrDefault("removed", 0L);
    }

    private static void print(JsonNode result, PrintWriter out) {
        out.printf(
                "%-16s %-12s %-10s %s%n",
                result.path("mapping").asText(),
                result.path("key").asText(),
                result.path("outcome").asText(),
                result.path("error").asText(""));
    }
}
