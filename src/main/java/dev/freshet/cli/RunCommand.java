package dev.freshet.cli;

import dev.freshet.config.ConfigLoader;
import dev.freshet.daemon.Daemon;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code freshet run}: the daemon. */
@Command(
        name = "run",
        description = "Runs the daemon: captures the database of the configuration and keeps the index true to it.",
        mixinStandardHelpOptions = true)
final class RunCommand implements Callable<Integer> {

    @Option(
            names = {"-c", "--config"},
            required = true,
            paramLabel = "<file>",
            description = "the configuration, such as config/freshet.yaml")
    private Path config = Path.of("config/freshet.yaml");

    @Override
    public Integer call() throws Exception {
        Daemon daemon = Daemon.start(ConfigLoader.load(config, System.getenv()));
        Runtime.getRuntime().addShutdownHook(new Thread(daemon::close, "freshet-shutdown"));
        Throwable reason = daemon.ended().get();
        daemon.close();
        return reason == null ? 0 : 1;
    }
}
