package dev.freshet.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.PrintWriter;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code freshet reindex}. */
@Command(
        name = "reindex",
        description = {
            "Reads every row of a collection again, beside the live changes.",
            "Chunks that are unchanged are not embedded again. The daemon goes on with it when this command is interrupted."
        },
        mixinStandardHelpOptions = true)
final class ReindexCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(paramLabel = "<collection>", description = "whose rows to read again")
    private String collection = "";

    @Option(names = "--table", paramLabel = "<table>", description = "only this table of the collection")
    private @Nullable String table;

    @Mixin
    private DaemonOption daemon = new DaemonOption();

    @Override
    public Integer call() throws InterruptedException {
        var client = daemon.client();
        PrintWriter out = spec.commandLine().getOut();
        JsonNode before = client.get("/v1/status");
        String query = table == null ? "" : "?table=" + URLEncoder.encode(table, StandardCharsets.UTF_8);
        JsonNode accepted = client.post(
                "/v1/collections/" + URLEncoder.encode(collection, StandardCharsets.UTF_8) + "/reindex" + query,
                JsonNodeFactory.instance.objectNode());
        Set<String> tables = new HashSet<>();
        accepted.path("tables").forEach(each -> tables.add(each.asText()));
        JsonNode after = BackfillProgress.show("reindex " + collection, () -> client.get("/v1/status"), tables);
        out.printf(
                "Read %,d rows of %s: %,d chunks embedded, %,d reused.%n",
                BackfillProgress.rows(after, tables),
                String.join(", ", tables),
                grown(before, after, "embedded"),
                grown(before, after, "reused"));
        out.flush();
        return isPaused(after, tables) ? 1 : 0;
    }

    private boolean isPaused(JsonNode status, Set<String> tables) {
        boolean paused = false;
        for (JsonNode each : status.path("paused")) {
            if (tables.contains(each.path("table").asText())) {
                paused = true;
                spec.commandLine()
                        .getErr()
                        .printf(
                                "freshet: mapping %s is paused, and took none of the rows: %s. Way out: %s%n",
                                each.path("mapping").asText(),
                                each.path("reason").asText(),
                                each.path("wayOut").asText());
            }
        }
        return paused;
    }

    private static long grown(JsonNode before, JsonNode after, String counter) {
        return after.path("chunks").path(counter).asLong()
                - before.path("chunks").path(counter).asLong();
    }
}
