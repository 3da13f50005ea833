package dev.freshet.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code freshet deadletters list}. */
@Command(
        name = "list",
        description = "Lists dead letters, oldest first, and counts them.",
        mixinStandardHelpOptions = true)
final class DeadLettersListCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private LetterOptions which = new LetterOptions();

    @Option(names = "--limit", description = "how many at most (default: ${DEFAULT-VALUE})", defaultValue = "100")
    private int limit;

    @Option(names = "--json", description = "print them as JSON, with all that is known of each")
    private boolean json;

    @Mixin
    private LetterSource source = new LetterSource();

    @Override
    public Integer call() throws InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        JsonNode listing = source.list(which, limit);
        if (json) {
            out.println(listing.toPrettyString());
        } else {
            LetterTable.print(listing, out);
        }
        out.flush();
        return 0;
    }
}
