package dev.freshet.cli;

import dev.freshet.config.EffectiveConfig;
import dev.freshet.config.FreshetConfig;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code freshet config show}. */
@Command(
        name = "show",
        description = {
            "Prints the configuration as it is in force: defaults filled in, includes merged, variables replaced.",
            "Secrets are shown as ***."
        },
        mixinStandardHelpOptions = true)
final class ConfigShowCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private ConfigOption config = new ConfigOption();

    @Override
    public Integer call() {
        FreshetConfig loaded = config.load();
        PrintWriter out = spec.commandLine().getOut();
        out.print(EffectiveConfig.render(loaded));
        out.flush();
        return 0;
    }
}
