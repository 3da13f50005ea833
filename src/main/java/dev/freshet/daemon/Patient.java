package dev.freshet.daemon;

import static java.util.Objects.requireNonNull;

import dev.freshet.config.EmbeddingConfig;
import dev.freshet.config.FreshetConfig;
import dev.freshet.embed.LoadedModel;
import dev.freshet.source.PostgresDatabase;
import dev.freshet.source.Server;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What the checks of an examination find out for one another; a check that others need has set its part before they
 * run. Safe for the threads of an examination.
 */
final class Patient {

    final Path file;
    final Map<String, String> environment;
    final Function<EmbeddingConfig, LoadedModel> models;

    private volatile @Nullable FreshetConfig config;
    private volatile @Nullable PostgresDatabase database;
    private volatile @Nullable Server server;
    private volatile @Nullable Tables tables;
    private volatile @Nullable LoadedModel model;

    Patient(Path file, Map<String, String> environment, Function<EmbeddingConfig, LoadedModel> models) {
        this.file = file;
        this.environment = environment;
        this.models = models;
    }

    FreshetConfig config() {
        return requireNonNull(config, "the configuration is not loaded");
    }

    PostgresDatabase database() {
        return requireNonNull(database, "the database is not connected");
    }

    Server server() {
        return requireNonNull(server, "the server is not known");
    }

    Tables tables() {
        return requireNonNull(tables, "the tables are not known");
    }

    LoadedModel model() {
        return requireNonNull(model, "the model is not loaded");
    }

    void config(FreshetConfig loaded) {
        config = loaded;
    }

    void database(PostgresDatabase connected, Server seen) {
        database = connected;
        server = seen;
    }

    void tables(Tables read) {
        tables = read;
    }

    void model(LoadedModel loaded) {
        model = loaded;
    }
}
