package dev.freshet.cli;

import dev.freshet.daemon.Doctor;
import dev.freshet.diagnosis.Finding;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code freshet doctor}. */
@Command(
        name = "doctor",
        description = {
            "Looks at everything that a first run trips over, tells what to do about it, and changes nothing.",
            "The exit status is 0 when nothing failed."
        },
        mixinStandardHelpOptions = true)
final class DoctorCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private ConfigOption config = new ConfigOption();

    @Option(names = "--json", description = "print the findings as JSON")
    private boolean json;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        long start = System.nanoTime();
        List<Finding> findings = Doctor.examine(config.file(), System.getenv());
        var report = new DoctorReport(findings, (System.nanoTime() - start) / 1_000_000);
        if (json) {
            out.println(report.json());
        } else {
            report.print(out);
        }
        out.flush();
        return report.isWell() ? 0 : 1;
    }
}
