package dev.freshet.cli;

import dev.freshet.config.FreshetConfig;
import dev.freshet.daemon.Resync;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code freshet resync}. */
@Command(
        name = "resync",
        description = {
            "Gives up the place in the database's log, so that the next start reads every row again.",
            "For when the replication slot is gone, the server was restored, or the checkpoint is damaged. The index stays"
                    + " and is searched meanwhile; what is unchanged is not embedded again, and documents whose rows are"
                    + " gone are removed. The daemon must not be running."
        },
        mixinStandardHelpOptions = true)
final class ResyncCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private ConfigOption config = new ConfigOption();

    @Option(names = "--yes", description = "do not ask")
    private boolean yes;

    @Override
    public Integer call() {
        FreshetConfig loaded = config.load();
        PrintWriter out = spec.commandLine().getOut();
        try (Resync resync = Resync.open(loaded)) {
            out.printf("This removes the checkpoint in %s%n", loaded.state());
            if (resync.dropsSlot()) {
                out.printf(
                        "and drops replication slot %s, with whatever log was kept for it.%n",
                        loaded.source().slot());
            }
            out.printf(
                    "The index stays as it is until the next start reads all %d mapped tables again.%n",
                    tables(loaded));
            out.flush();
            if (!yes && !Questions.goOn(out)) {
                out.println("Nothing was removed.");
                out.flush();
                return 1;
            }
            resync.run();
        }
        out.println("Done. Start the daemon: freshet run --config <file>");
        out.flush();
        return 0;
    }

    private static long tables(FreshetConfig config) {
        return config.mappings().stream()
                .map(mapping -> mapping.table())
                .distinct()
                .count();
    }
}
