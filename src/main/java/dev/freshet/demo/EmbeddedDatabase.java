package dev.freshet.demo;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A real PostgreSQL of our own in a folder, set up for logical replication; its data stays when it is closed. */
public final class EmbeddedDatabase implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedDatabase.class);

    private final EmbeddedPostgres server;

    private EmbeddedDatabase(EmbeddedPostgres server) {
        this.server = server;
    }

    /**
     * Starts the server on the data in the folder, or on a new database.
     *
     * @param folder for the data
     * @param port to listen at on the loopback interface; 0 for any free one
     */
    public static EmbeddedDatabase start(Path folder, int port) {
        stopLeftOver(folder);
        try {
            EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder()
                    .setDataDirectory(folder)
                    .setCleanDataDirectory(false)
                    .setPGStartupWait(Duration.ofSeconds(60))
                    .setServerConfig("wal_level", "logical")
                    .setServerConfig("synchronous_commit", "on")
                    .setServerConfig("max_wal_senders", "10")
                    .setServerConfig("max_replication_slots", "128")
                    .setServerConfig("listen_addresses", "127.0.0.1");
            if (port != 0) {
                builder.setPort(port);
            }
            return new EmbeddedDatabase(builder.start());
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "the embedded PostgreSQL in " + folder + " does not start: " + e.getMessage(), e);
        }
    }

    /** A server that outlived its program (a crash, kill -9) still holds the folder. */
    private static void stopLeftOver(Path folder) {
        Path pidFile = folder.resolve("postmaster.pid");
        try {
            if (!Files.exists(pidFile)) {
                return;
            }
            List<String> lines = Files.readAllLines(pidFile);
            Optional<ProcessHandle> process = ProcessHandle.of(
                            Long.parseLong(lines.getFirst().strip()))
                    .filter(handle -> handle.info().command().orElse("").contains("postgres"));
            if (process.isPresent()) {
                LOG.info(
                        "stopping a database that was left running pid={}",
                        process.get().pid());
                process.get().destroy();
                process.get().onExit().get(30, TimeUnit.SECONDS);
            }
            Files.deleteIfExists(pidFile);
        } catch (IOException | NumberFormatException | ExecutionException | TimeoutException e) {
            throw new IllegalStateException("the database in " + folder + " is in use and cannot be stopped: " + e, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Its JDBC URL, without user and password. */
    public String jdbcUrl() {
        return "jdbc:postgresql://127.0.0.1:" + server.getPort() + "/postgres";
    }

    /** The superuser; no password is asked for. */
    public String user() {
        return "postgres";
    }

    /** The port it listens at. */
    public int port() {
        return server.getPort();
    }

    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
