package dev.freshet.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freshet.index.SearchMode;
import java.io.PrintWriter;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code freshet search}. */
@Command(name = "search", description = "Searches the index, by meaning or by words.", mixinStandardHelpOptions = true)
final class SearchCommand implements Callable<Integer> {

    private static final int EXCERPT = 320;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(arity = "1..*", paramLabel = "<query>", description = "what to search for")
    private List<String> query = new ArrayList<>();

    @Mixin
    private DaemonOption daemon = new DaemonOption();

    @Option(names = "--collection", paramLabel = "<name>", description = "where to search (default: everywhere)")
    private @Nullable String collection;

    @Option(names = "--tenant", paramLabel = "<tenant>", description = "only this tenant's documents")
    private @Nullable String tenant;

    @Option(
            names = "--mode",
            paramLabel = "<mode>",
            converter = ModeConverter.class,
            description = "dense: by meaning; lexical: by words; hybrid: by both (default: dense)")
    private @Nullable SearchMode mode;

    @Option(
            names = {"-f", "--filter"},
            paramLabel = "<condition>",
            description =
                    "category=billing, 'price>=10', mapping=articles; several must all hold, several = on one field any")
    private List<String> filters = new ArrayList<>();

    @Option(
            names = "--top",
            paramLabel = "<n>",
            description = "how many hits (default: ${DEFAULT-VALUE})",
            defaultValue = "5")
    private int top = 5;

    @Option(names = "--json", description = "print the answer as JSON")
    private boolean json;

    /** With the names as people write them in its complaint. */
    private static final class ModeConverter implements ITypeConverter<SearchMode> {
        @Override
        public SearchMode convert(String name) {
            return SearchMode.named(name.toLowerCase(Locale.ROOT))
                    .orElseThrow(() -> new TypeConversionException(
                            "there is no mode '" + name + "'; there are " + SearchMode.names()));
        }
    }

    @Override
    public Integer call() throws InterruptedException {
        var path = new StringBuilder("/v1/search?q=")
                .append(encoded(String.join(" ", query)))
                .append("&top=")
                .append(top);
        if (mode != null) {
            path.append("&mode=").append(mode);
        }
        if (collection != null) {
            path.append("&collection=").append(encoded(collection));
        }
        if (tenant != null) {
            path.append("&tenant=").append(encoded(tenant));
        }
        filters.forEach(filter -> path.append("&filter=").append(encoded(filter)));
        JsonNode answer = daemon.client().get(path.toString());
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
        int place = 1;
        for (JsonNode hit : answer.path("hits")) {
            out.printf(
                    "%d. %.3f  %s %s  %s%n",
                    place++,
                    hit.path("score").asDouble(),
                    hit.path("table").asText(),
                    hit.path("id").asText(),
                    headings(hit));
            out.printf("   %s%n", excerpt(hit.path("text").asText()));
            out.printf("   %s%n%n", facts(hit));
        }
        if (place == 1) {
            out.println("Nothing found.");
        }
        JsonNode current = answer.path("currentTo");
        out.printf(
                "Current to %s (committed %s), %s pending%s%s, %d ms%n",
                current.path("position").asText("nothing yet"),
                current.path("committedAt").asText("-"),
                current.path("pending").asText(),
                current.path("backfilling").asBoolean() ? ", backfill under way" : "",
                paused(current),
                answer.path("tookMs").asLong());
    }

    private static String paused(JsonNode current) {
        var names = new ArrayList<String>();
        current.path("paused").forEach(mapping -> names.add(mapping.asText()));
        return names.isEmpty() ? "" : ", but not of " + String.join(", ", names) + " (paused: see freshet status)";
    }

    private static String headings(JsonNode hit) {
        var path = new ArrayList<String>();
        hit.path("headings").forEach(heading -> path.add(heading.asText()));
        return String.join(" > ", path);
    }

    private static String excerpt(String text) {
        String line = text.strip().replaceAll("\\s+", " ");
        return line.length() <= EXCERPT
                ? line
                : line.substring(0, line.offsetByCodePoints(0, line.codePointCount(0, EXCERPT))) + " …";
    }

    private static String value(JsonNode value) {
        return value.isContainerNode() ? value.toString() : value.asText();
    }

    private static String facts(JsonNode hit) {
        var facts = new ArrayList<String>();
        hit.path("metadata").properties().forEach(entry -> facts.add(entry.getKey() + "=" + value(entry.getValue())));
        if (!hit.path("tenant").isNull()) {
            facts.add("tenant=" + hit.path("tenant").asText());
        }
        facts.add("committed " + hit.path("committedAt").asText());
        return String.join("  ", facts);
    }
}
