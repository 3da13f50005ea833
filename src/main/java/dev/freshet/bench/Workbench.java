package dev.freshet.bench;

import dev.freshet.config.ConfigLoader;
import dev.freshet.config.EmbeddingConfig;
import dev.freshet.config.FreshetConfig;
import dev.freshet.daemon.Daemon;
import dev.freshet.demo.EmbeddedDatabase;
import dev.freshet.embed.LoadedModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;

/** A scratch folder with a PostgreSQL, and what every measurement needs of them. */
final class Workbench implements AutoCloseable {

    private final Path folder;
    private final EmbeddedDatabase server;
    private final Consumer<String> say;
    private int databases;

    Workbench(Consumer<String> say) throws IOException {
        this.say = say;
        this.folder = Files.createTempDirectory("freshet-bench");
        this.server = EmbeddedDatabase.start(folder.resolve("postgresql"), 0);
    }

    void say(String line) {
        say.accept(line);
    }

    Path folder() {
        return folder;
    }

    /** The JDBC URL of a new, empty database. */
    String newDatabase() throws SQLException {
        String name = "bench_" + databases++;
        try (Connection connection = connect(server.jdbcUrl());
                var statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + name);
        }
        return server.jdbcUrl().replaceAll("/postgres$", "/" + name);
    }

    Connection connect(String url) throws SQLException {
        return DriverManager.getConnection(url, server.user(), "");
    }

    /** A table {@code docs(id, body, tag)} in the collection {@code docs}. */
    FreshetConfig configuration(String url, String strategy, String backfill) {
        return configuration(folder, url, strategy, backfill);
    }

    /** The same with another section. */
    FreshetConfig configuration(String url, String strategy, String backfill, String section) {
        return configuration(folder, url, strategy, backfill, section);
    }

    static FreshetConfig configuration(Path folder, String url, String strategy, String backfill) {
        return configuration(folder, url, strategy, backfill, "");
    }

    private static FreshetConfig configuration(
            Path folder, String url, String strategy, String backfill, String section) {
        String name = url.substring(url.lastIndexOf('/') + 1);
        return ConfigLoader.parse(
                """
                state: %s
                source: {url: "%s", user: postgres, password: none, slot: %s, publication: %s, backfill: %s}
                collections: {docs: {chunking: {strategy: %s}}}
                mappings:
                  - {table: docs, collection: docs, text: "{{body}}", metadata: [tag]}
                http: {port: 0}
                %s
                """.formatted(folder.resolve(name), url, name, name, backfill, strategy, section),
                "bench.yaml",
                folder,
                Map.of());
    }

    /** A daemon on the table {@code docs}, capturing. */
    Daemon daemon(String url, String strategy, String backfill, Function<EmbeddingConfig, LoadedModel> model)
            throws InterruptedException {
        Daemon daemon = Daemon.start(configuration(url, strategy, backfill), model);
        daemon.awaitDrained();
        return daemon;
    }

    void createDocs(String url) throws SQLException {
        try (Connection connection = connect(url);
                var statement = connection.createStatement()) {
            statement.execute("CREATE TABLE docs (id bigint PRIMARY KEY, body text NOT NULL, tag text)");
        }
    }

    static double median(double... values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /** The smallest value that at least this share of the values does not exceed. */
    static double quantile(double[] values, double share) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[Math.min(sorted.length - 1, (int) Math.ceil(share * sorted.length) - 1)];
    }

    @Override
    public void close() {
        server.close();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
