package dev.freshet.daemon;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** {@code freshet run} in a process of its own, which can be killed; what it says goes to a file. */
final class FreshetProcess implements AutoCloseable {

    private final Path configuration;
    private final Path log;
    private @Nullable Process process;

    /** With the configuration in a file; not running yet. */
    FreshetProcess(Path configuration) {
        this.configuration = configuration;
        this.log = configuration.resolveSibling(configuration.getFileName() + ".log");
    }

    /** Starts it; whether it comes up is for others to see. */
    void start() throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.freshet.cli.Freshet",
                "run",
                "--config",
                configuration.toString()));
        process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
    }

    boolean isAlive() {
        return process != null && process.isAlive();
    }

    /** Kills it, with SIGKILL. */
    void kill() throws InterruptedException {
        if (process != null) {
            process.destroyForcibly().waitFor();
        }
    }

    /** Asks it to stop; false if it does not within the time. */
    boolean stop(Duration within) throws InterruptedException {
        if (process == null) {
            return true;
        }
        process.destroy();
        return process.waitFor(within.toMillis(), TimeUnit.MILLISECONDS);
    }

    long pid() {
        return process == null ? 0 : process.pid();
    }

    /** All that it said so far. */
    List<String> said() throws IOException {
        return Files.exists(log) ? Files.readAllLines(log) : List.of();
    }

    @Override
    public void close() throws InterruptedException {
        kill();
    }
}
