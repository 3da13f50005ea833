package dev.freshet.cli;

import static org.awaitility.Awaitility.await;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;

/** A real PostgreSQL as somebody set it up who had not heard of Freshet: with passwords, without TLS, with few slots. */
final class PlainServer implements AutoCloseable {

    private final EmbeddedPostgres server;

    private PlainServer(EmbeddedPostgres server) {
        this.server = server;
    }

    static PlainServer start(Map<String, String> settings) {
        try {
            Path folder = Files.createTempDirectory("freshet-test-plain");
            EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder()
                    .setDataDirectory(folder)
                    .setPGStartupWait(Duration.ofSeconds(60))
                    .setServerConfig("synchronous_commit", "on")
                    .setServerConfig("listen_addresses", "127.0.0.1");
            settings.forEach(builder::setServerConfig);
            EmbeddedPostgres server = builder.start();
            Path access = folder.resolve("pg_hba.conf");
            Files.writeString(access, """
                    local all all trust
                    host all postgres 127.0.0.1/32 trust
                    host all stranger 127.0.0.1/32 reject
                    host all all 127.0.0.1/32 scram-sha-256
                    """, StandardCharsets.UTF_8);
            var plain = new PlainServer(server);
            plain.execute("postgres", "SELECT pg_reload_conf()");
            return plain;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    int port() {
        return server.getPort();
    }

    String url(String database) {
        return "jdbc:postgresql://127.0.0.1:" + port() + "/" + database;
    }

    Connection connect(String database) throws SQLException {
        return DriverManager.getConnection(url(database), "postgres", "");
    }

    void execute(String database, String... statements) {
        try (Connection connection = connect(database);
                var statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        } catch (SQLException e) {
            throw new AssertionError(String.join("; ", statements), e);
        }
    }

    /** Waits until nobody holds the slot. */
    void awaitFree(String slot) {
        await().until(() -> {
            try (Connection connection = connect("postgres");
                    var statement = connection.createStatement();
                    var rows = statement.executeQuery(
                            "SELECT count(*) FROM pg_replication_slots WHERE active AND slot_name = '" + slot + "'")) {
                rows.next();
                return rows.getInt(1) == 0;
            }
        });
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
