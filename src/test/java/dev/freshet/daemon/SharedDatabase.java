package dev.freshet.daemon;

import dev.freshet.demo.EmbeddedDatabase;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicInteger;

/** One embedded PostgreSQL for all tests of this JVM, with a database of its own for whoever asks. */
final class SharedDatabase {

    private static final AtomicInteger DATABASES = new AtomicInteger();

    private SharedDatabase() {}

    private static final class Server {
        private static final EmbeddedDatabase INSTANCE = start();

        private static EmbeddedDatabase start() {
            try {
                EmbeddedDatabase server =
                        EmbeddedDatabase.start(Files.createTempDirectory("freshet-test-postgresql"), 0);
                Runtime.getRuntime().addShutdownHook(new Thread(server::close));
                return server;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** The JDBC URL of a new, empty database. */
    static String newDatabase() throws SQLException {
        String name = "test_" + DATABASES.incrementAndGet() + "_" + System.nanoTime();
        String url = Server.INSTANCE.jdbcUrl();
        try (var connection = DriverManager.getConnection(url, "postgres", "");
                var statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + name);
        }
        return url.replaceAll("/postgres$", "/" + name);
    }
}
