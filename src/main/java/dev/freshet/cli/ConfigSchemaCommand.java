package dev.freshet.cli;

import dev.freshet.config.ConfigSchema;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code freshet config schema}. */
@Command(
        name = "schema",
        description = {
            "Prints a JSON Schema (2020-12) of the configuration, for completion and checking in an editor.",
            "With the YAML language server, for example, write it to freshet.schema.json and begin the configuration with",
            "# yaml-language-server: $schema=freshet.schema.json"
        },
        mixinStandardHelpOptions = true)
final class ConfigSchemaCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        out.println(ConfigSchema.render());
        out.flush();
        return 0;
    }
}
