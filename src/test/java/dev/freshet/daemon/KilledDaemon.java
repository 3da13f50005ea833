package dev.freshet.daemon;

import dev.freshet.bench.StandInModel;
import dev.freshet.config.ConfigLoader;
import java.nio.file.Path;
import java.util.Map;

/** A daemon in a process of its own, to be killed. */
final class KilledDaemon {

    private KilledDaemon() {}

    /** Runs the configuration in a file until it is killed; says on standard output where it answers. */
    public static void main(String[] arguments) throws Exception {
        Daemon daemon =
                Daemon.start(ConfigLoader.load(Path.of(arguments[0]), Map.of()), config -> new StandInModel().load());
        System.out.println("URL " + daemon.url());
        Thread.currentThread().join();
    }
}
