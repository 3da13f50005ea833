package dev.freshet.source;

import static org.awaitility.Awaitility.await;

import dev.freshet.change.TableId;
import dev.freshet.demo.EmbeddedDatabase;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** A new database on the one real PostgreSQL that all tests of a JVM share; its slot and publication are named like it. */
public final class TestDatabase implements AutoCloseable {

    private static final AtomicInteger CREATED = new AtomicInteger();

    private final String name = "test_" + CREATED.incrementAndGet();
    private final PostgresDatabase database;

    /** Creates the database, and starts the server if it is the first one. */
    public TestDatabase() {
        executeOnServer("CREATE DATABASE " + name);
        database = new PostgresDatabase(url(), user(), "");
    }

    /** Starts when first asked for and stops with the JVM; its data is removed by the next run. */
    private static final class Server {
        private static final Path FOLDERS = Path.of("target", "test-postgres");
        private static final EmbeddedDatabase RUNNING = start();

        private static EmbeddedDatabase start() {
            try {
                Files.createDirectories(FOLDERS);
                removeLeftOver();
                String process = Long.toString(ProcessHandle.current().pid());
                return EmbeddedDatabase.start(FOLDERS.resolve(process).toAbsolutePath(), 0);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static void removeLeftOver() throws IOException {
            try (Stream<Path> folders = Files.list(FOLDERS)) {
                for (Path folder : folders.toList()) {
                    long process = Long.parseLong(folder.getFileName().toString());
                    if (ProcessHandle.of(process).isEmpty()) {
                        remove(folder);
                    }
                }
            }
        }

        private static void remove(Path folder) throws IOException {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    /** The name of the database, of its slot and of its publication. */
    public String name() {
        return name;
    }

    /** The JDBC URL of this database. */
    public String url() {
        return Server.RUNNING.jdbcUrl().replace("/postgres", "/" + name);
    }

    /** The superuser. */
    public String user() {
        return Server.RUNNING.user();
    }

    /** What Freshet reads it with. */
    public PostgresDatabase database() {
        return database;
    }

    /** A connection of its own, for whoever tests with transactions. */
    public Connection connect() throws SQLException {
        return DriverManager.getConnection(url(), user(), "");
    }

    /** Runs each statement in a transaction of its own. */
    public void execute(String... statements) {
        try (Connection connection = connect()) {
            execute(connection, statements);
        } catch (SQLException e) {
            throw new AssertionError(String.join("; ", statements), e);
        }
    }

    /** Runs the statements in one transaction. */
    public void transaction(String... statements) {
        try (Connection connection = connect()) {
            connection.setAutoCommit(false);
            execute(connection, statements);
            connection.commit();
        } catch (SQLException e) {
            throw new AssertionError(String.join("; ", statements), e);
        }
    }

    /** The first column of the first row. */
    public String value(String sql) {
        try (Connection connection = connect();
                var statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            rows.next();
            return String.valueOf(rows.getString(1));
        } catch (SQLException e) {
            throw new AssertionError(sql, e);
        }
    }

    /** The tables of these names, as the catalogue has them. */
    public Map<TableId, Table> tables(String... names) {
        var tables = new LinkedHashMap<TableId, Table>();
        for (String each : names) {
            TableId id = TableId.parse(each);
            tables.put(id, database.table(id));
        }
        return tables;
    }

    private static void execute(Connection connection, String... statements) throws SQLException {
        try (var statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private void executeOnServer(String sql) {
        try (Connection connection = DriverManager.getConnection(Server.RUNNING.jdbcUrl(), user(), "")) {
            execute(connection, sql);
        } catch (SQLException e) {
            throw new AssertionError(sql, e);
        }
    }

    /** Removes the slot, so that the next capture begins anew, once the server has noticed that nobody reads it. */
    public void dropSlot() {
        await().until(() -> !database.slot(name).active());
        execute("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '" + name
                + "'");
    }

    /** Makes room for another slot; the database goes with the server. */
    @Override
    public void close() {
        dropSlot();
        database.close();
    }
}
