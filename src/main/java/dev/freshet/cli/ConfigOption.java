package dev.freshet.cli;

import dev.freshet.config.FreshetConfig;
import dev.freshet.daemon.Mappings;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The option of every command that reads the configuration itself. */
final class ConfigOption {

    @Option(
            names = {"-c", "--config"},
            required = true,
            paramLabel = "<file>",
            description = "the configuration, such as config/freshet.yaml")
    private Path file = Path.of("config/freshet.yaml");

    Path file() {
        return file;
    }

    /** Reads it, with the environment of this process. */
    FreshetConfig load() {
        return Mappings.load(file, System.getenv());
    }
}
