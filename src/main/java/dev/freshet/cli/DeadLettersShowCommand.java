package dev.freshet.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code freshet deadletters show}. */
@Command(
        name = "show",
        description = "Shows all that is known of dead letters: which change failed, where, why, how often.",
        mixinStandardHelpOptions = true)
final class DeadLettersShowCommand implements Callable<Integer> {

    private static final int MOST = 20;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private LetterOptions which = new LetterOptions();

    @Option(names = "--json", description = "print it as JSON")
    private boolean json;

    @Mixin
    private LetterSource source = new LetterSource();

    @Override
    public Integer call() throws InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        JsonNode listing = source.list(which, MOST);
        if (listing.path("matching").asInt() == 0) {
            throw new CommandFailure("no such dead letter; 'freshet deadletters list' shows which there are");
        }
        if (json) {
            out.println(listing.path("letters").toPrettyString());
        } else {
            listing.path("letters").forEach(letter -> print(letter, out));
            int more =
                    listing.path("matching").asInt() - listing.path("letters").size();
            if (more > 0) {
                out.printf("… and %,d more: say which with --mapping, --key and others%n", more);
            }
        }
        out.flush();
        return 0;
    }

    private static void print(JsonNode letter, PrintWriter out) {
        JsonNode event = letter.path("event");
        out.printf(
                "Row %s of %s, mapping %s%n",
                event.path("key").asText(),
                event.path("table").asText(),
                letter.path("mapping").asText());
        out.printf(
                "  failed    in stage %s, %d times%n",
                letter.path("stage").asText(), letter.path("attempts").asInt());
        out.printf("  error     %s%n", letter.path("error").asText());
        out.printf("  class     %s%n", letter.path("errorClass").asText());
        out.printf(
                "  first     %s (%s)%n",
                letter.path("firstAt").asText(),
                LetterTable.age(letter.path("firstAt").asText()));
        out.printf(
                "  last      %s (%s)%n",
                letter.path("lastAt").asText(),
                LetterTable.age(letter.path("lastAt").asText()));
        out.printf(
                "  change    %s, %s, at %s, committed %s%s%n",
                event.path("operation").asText(),
                event.path("origin").asText(),
                event.path("position").asText(),
                event.path("committedAt").asText(),
                event.path("transaction").isTextual()
                        ? " by transaction " + event.path("transaction").asText()
                        : "");
        if (event.path("traceparent").isTextual()) {
            out.printf("  trace     %s%n", event.path("traceparent").asText());
        }
        out.println();
    }
}
