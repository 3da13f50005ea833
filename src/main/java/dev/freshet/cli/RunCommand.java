package dev.freshet.cli;

import dev.freshet.daemon.Daemon;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code freshet run}: the daemon. */
@Command(
        name = "run",
        description = "Runs the daemon: captures the database of the configuration and keeps the index true to it.",
        mixinStandardHelpOptions = true)
final class RunCommand implements Callable<Integer> {

    @Mixin
    private ConfigOption config = new ConfigOption();

    @Override
    public Integer call() throws Exception {
        Daemon daemon = Daemon.start(config.load());
        Runtime.getRuntime().addShutdownHook(new Thread(daemon::close, "freshet-shutdown"));
        Throwable reason = daemon.ended().get();
        daemon.close();
        return reason == null ? 0 : 1;
    }
}
