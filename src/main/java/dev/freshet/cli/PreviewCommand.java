package dev.freshet.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.freshet.daemon.Preview;
import java.io.PrintWriter;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code freshet preview}. */
@Command(
        name = "preview",
        description = {
            "Shows what would be indexed for a row: its text, chunks, metadata and tenant, or why it would not be.",
            "Only reads: nothing is written to the database, the index or the state folder."
        },
        mixinStandardHelpOptions = true)
final class PreviewCommand implements Callable<Integer> {

    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(paramLabel = "<table>", description = "a mapped table; its schema may be left out")
    private String table = "";

    @Option(
            names = "--key",
            paramLabel = "<key>",
            description = {
                "the row's primary key; the values of several columns in the key's order, with commas between (a comma in a value"
                        + " is written \\,)",
                "(default: the first row)"
            })
    private @Nullable String key;

    @Mixin
    private ConfigOption config = new ConfigOption();

    @Option(names = "--json", description = "print it as JSON")
    private boolean json;

    @Override
    public Integer call() throws JsonProcessingException {
        Preview preview = Preview.of(config.load(), table, key);
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(JSON.writeValueAsString(preview));
        } else {
            print(preview, out);
        }
        out.flush();
        return 0;
    }

    private static void print(Preview preview, PrintWriter out) {
        out.printf("Row %s of %s%n", preview.key(), preview.table());
        for (Preview.OfMapping mapping : preview.mappings()) {
            out.printf("%nMapping %s, collection %s: ", mapping.mapping(), mapping.collection());
            Preview.OfDocument document = mapping.document();
            if (document == null) {
                out.printf("not indexed%n  %s%n", mapping.why());
            } else {
                print(document, out);
            }
        }
    }

    private static void print(Preview.OfDocument document, PrintWriter out) {
        out.printf(
                "document %s, %d characters in %d chunks%n",
                document.id(), document.text().length(), document.chunks().size());
        out.printf("  tenant    %s%n", document.tenant() == null ? "none" : document.tenant());
        out.printf(
                "  metadata  %s%n",
                document.metadata().isEmpty()
                        ? "none"
                        : document.metadata().entrySet().stream()
                                .map(PreviewCommand::entry)
                                .collect(Collectors.joining(", ")));
        if (document.chunks().isEmpty()) {
            out.println("  Its text has nothing to embed, so that no search finds it.");
        }
        int place = 1;
        for (Preview.OfChunk chunk : document.chunks()) {
            out.printf(
                    "%n  chunk %d, %d tokens%s%n",
                    place++,
                    chunk.tokens(),
                    chunk.headings().isEmpty() ? "" : ", under " + String.join(" > ", chunk.headings()));
            chunk.text().strip().lines().forEach(line -> out.println(("  | " + line).stripTrailing()));
        }
    }

    private static String entry(Map.Entry<String, @Nullable Object> entry) {
        return entry.getKey() + " = " + entry.getValue();
    }
}
