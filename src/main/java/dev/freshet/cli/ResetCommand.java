package dev.freshet.cli;

import dev.freshet.config.FreshetConfig;
import dev.freshet.daemon.Reset;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code freshet reset}. */
@Command(
        name = "reset",
        description = {
            "Removes a collection from the index, so that the next start builds it anew.",
            "For a collection that was built with another embedding model. The daemon must not be running."
        },
        mixinStandardHelpOptions = true)
final class ResetCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(paramLabel = "<collection>", description = "what to remove")
    private String collection = "";

    @Mixin
    private ConfigOption config = new ConfigOption();

    @Option(names = "--yes", description = "do not ask")
    private boolean yes;

    @Override
    public Integer call() {
        FreshetConfig loaded = config.load();
        PrintWriter out = spec.commandLine().getOut();
        try (Reset reset = Reset.open(loaded, collection)) {
            out.printf(
                    "This removes collection %s with %,d documents and %,d chunks from the index.%n",
                    collection, reset.documents(), reset.chunks());
            out.flush();
            if (!yes && !Questions.goOn(out)) {
                out.println("Nothing was removed.");
                out.flush();
                return 1;
            }
            reset.remove();
        }
        out.println("Removed. The next start of the daemon reads, embeds and indexes its rows again.");
        out.flush();
        return 0;
    }
}
