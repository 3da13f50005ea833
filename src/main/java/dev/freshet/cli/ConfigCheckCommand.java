package dev.freshet.cli;

import dev.freshet.config.FreshetConfig;
import dev.freshet.daemon.Doctor;
import dev.freshet.diagnosis.Problem;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code freshet config check}. */
@Command(
        name = "check",
        description = {
            "Checks the configuration: keys, values, variables, secrets, templates and filters.",
            "Tells everything that is wrong, each with file, line and column."
        },
        mixinStandardHelpOptions = true)
final class ConfigCheckCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private ConfigOption config = new ConfigOption();

    @Option(
            names = "--against-database",
            description = "also check tables, primary keys, columns and types in the database")
    private boolean againstDatabase;

    @Override
    public Integer call() {
        FreshetConfig loaded = config.load();
        List<Problem> problems = againstDatabase ? Doctor.tableProblems(loaded) : List.of();
        if (!problems.isEmpty()) {
            PrintWriter err = spec.commandLine().getErr();
            problems.forEach(problem -> err.println("freshet: " + problem.message()));
            return 1;
        }
        PrintWriter out = spec.commandLine().getOut();
        out.printf(
                "%s is good%s: %d mappings into %s.%n",
                config.file(),
                againstDatabase ? " and fits the database" : "",
                loaded.mappings().size(),
                String.join(", ", loaded.collections().keySet()));
        out.flush();
        return 0;
    }
}
