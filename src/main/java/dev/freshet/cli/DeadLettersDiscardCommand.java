package dev.freshet.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code freshet deadletters discard}. */
@Command(
        name = "discard",
        description = {
            "Forgets dead letters. Their documents stay in the index as they were before the change that failed, or stay",
            "missing, until their rows change again."
        },
        mixinStandardHelpOptions = true)
final class DeadLettersDiscardCommand implements Callable<Integer> {

    private static final int AT_ONCE = 100;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private ChosenLetters chosen = new ChosenLetters();

    @Option(names = "--yes", description = "do not ask")
    private boolean yes;

    @Option(names = "--json", description = "print how many as JSON; needs --yes")
    private boolean json;

    @Override
    public Integer call() throws InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        if (json && !yes) {
            throw new CommandFailure("nobody is asked with --json: give --yes");
        }
        JsonNode listing = chosen.list();
        if (!json) {
            LetterTable.print(listing, out);
            out.println("Forgets these letters; their documents stay as they are in the index, or missing.");
        }
        if (chosen.isDryRun() || (!yes && !Questions.goOn(out))) {
            out.println("Nothing was discarded.");
            out.flush();
            return chosen.isDryRun() ? 0 : 1;
        }
        var client = chosen.client();
        int discarded = 0;
        for (JsonNode request : ChosenLetters.requests(listing, AT_ONCE)) {
            discarded += client.post("/v1/dead-letters/discard", request)
                    .path("discarded")
                    .asInt();
        }
        out.println(json ? "{\"discarded\": " + discarded + "}" : "Discarded %,d.".formatted(discarded));
        out.flush();
        return 0;
    }
}
