package dev.freshet.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.freshet.bench.Bench;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code freshet bench}. */
@Command(
        name = "bench",
        description = {
            "Measures Freshet on this machine, beside baselines in the same run.",
            "Every figure is a ratio or a count; docs/benchmark.md says what each means."
        },
        mixinStandardHelpOptions = true)
final class BenchCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--quick", description = "smaller samples, within 5 minutes on two cores")
    private boolean quick;

    @Option(
            names = "--parts",
            paramLabel = "<abcdefg>",
            description = "which parts to measure (default: all)",
            defaultValue = "abcdefg")
    private String parts = "abcdefg";

    @Option(names = "--json", paramLabel = "<file>", description = "write the figures to a file as well")
    private @Nullable Path json;

    @Override
    public Integer call() throws Exception {
        PrintWriter out = spec.commandLine().getOut();
        Map<String, Number> results = Bench.run(parts, quick, line -> {
            out.println(line);
            out.flush();
        });
        results.forEach((name, value) -> out.printf("%-32s %s%n", name, shown(value)));
        out.flush();
        if (json != null) {
            new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValue(json.toFile(), results);
        }
        return 0;
    }

    private static String shown(Number value) {
        return value instanceof Double real ? "%.2f".formatted(real.doubleValue()) : value.toString();
    }
}
