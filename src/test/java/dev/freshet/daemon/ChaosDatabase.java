package dev.freshet.daemon;

import dev.freshet.demo.EmbeddedDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.concurrent.TimeUnit;

/** An embedded PostgreSQL that can be shut down immediately, as if it had crashed, and started again where it was. */
final class ChaosDatabase implements AutoCloseable {

    private final Path folder;
    private final int port;
    private EmbeddedDatabase server;
    private int databases;

    ChaosDatabase(Path folder) throws SQLException {
        this.folder = folder;
        server = EmbeddedDatabase.start(folder, 0);
        port = server.port();
        // A connection that has gone silent is missed by the server within seconds too.
        execute("ALTER SYSTEM SET wal_sender_timeout = '6s'");
        execute("SELECT pg_reload_conf()");
    }

    int port() {
        return port;
    }

    /** The name of a new, empty database. */
    String create() throws SQLException {
        String name = "chaos_" + ++databases + "_" + System.nanoTime();
        execute("CREATE DATABASE " + name);
        return name;
    }

    /** Removes a database with its replication slots, whoever uses them. */
    void drop(String name) throws SQLException {
        execute("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots" + " WHERE database = '" + name
                + "' AND active");
        execute("DROP DATABASE " + name + " WITH (FORCE)");
    }

    /** Whether the server knows of somebody who reads the slot. */
    boolean isSlotActive(String slot) throws SQLException {
        try (var connection = DriverManager.getConnection(server.jdbcUrl(), "postgres", "");
                var statement = connection.createStatement();
                var rows = statement.executeQuery(
                        "SELECT active FROM pg_replication_slots WHERE slot_name = '" + slot + "'")) {
            return rows.next() && rows.getBoolean(1);
        }
    }

    /** The address of a database in it, at this port. */
    static String url(int port, String name) {
        return "jdbc:postgresql://127.0.0.1:" + port + "/" + name;
    }

    private void execute(String sql) throws SQLException {
        try (var connection = DriverManager.getConnection(server.jdbcUrl(), "postgres", "");
                var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** Immediate shutdown: the server's processes quit without saying goodbye to anyone. */
    void crash() throws IOException, InterruptedException {
        long pid = Long.parseLong(
                Files.readAllLines(folder.resolve("postmaster.pid")).getFirst().strip());
        new ProcessBuilder("kill", "-QUIT", Long.toString(pid)).start().waitFor();
        ProcessHandle.of(pid)
                .ifPresent(process -> process.onExit()
                        .completeOnTimeout(process, 20, TimeUnit.SECONDS)
                        .join());
        server.close();
    }

    /** Starts it again after a crash, on what it had. */
    void startAgain() {
        server = EmbeddedDatabase.start(folder, port);
    }

    @Override
    public void close() {
        server.close();
    }
}
