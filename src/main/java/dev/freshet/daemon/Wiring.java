package dev.freshet.daemon;

import dev.freshet.chunk.HuggingFaceTokens;
import dev.freshet.config.EmbeddingConfig;
import dev.freshet.config.FreshetConfig;
import dev.freshet.config.PipelineConfig;
import dev.freshet.config.SourceConfig;
import dev.freshet.deadletter.DeadLetters;
import dev.freshet.embed.Embedder;
import dev.freshet.embed.EmbeddingException;
import dev.freshet.embed.LoadedModel;
import dev.freshet.embed.MiniLm;
import dev.freshet.embed.RemoteModels;
import dev.freshet.embed.ServiceLimits;
import dev.freshet.index.VectorIndex;
import dev.freshet.pipeline.Loop;
import dev.freshet.pipeline.LoopLimits;
import dev.freshet.pipeline.LoopPolicy;
import dev.freshet.query.Search;
import dev.freshet.query.http.SearchRoutes;
import dev.freshet.reindex.Backfill;
import dev.freshet.reindex.BackfillLog;
import dev.freshet.reindex.Replay;
import dev.freshet.reindex.Sweep;
import dev.freshet.source.ChangeSource;
import dev.freshet.source.PostgresDatabase;
import dev.freshet.source.RowReader;
import dev.freshet.source.debezium.DebeziumSource;
import dev.freshet.source.debezium.PostgresCapture;
import dev.freshet.telemetry.Meters;
import java.time.Duration;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes every service of a daemon, in the order in which the data flows; read it from top to bottom to know what there is.
 * Nothing runs yet.
 */
final class Wiring {

    private static final long LIVE_BATCH_BYTES = 256 << 10;

    /** What takes the server no time, and is gone when it has not answered for so long. */
    private static final Duration QUICK = Duration.ofSeconds(10);

    private static final long QUEUE_SHARE = 4;

    /** What a change with one chunk of the default size is held for, rather more. */
    private static final long BYTES_PER_TEXT = 4 << 10;

    final FreshetConfig config;
    final StateFolder state;
    final Meters meters;
    final PostgresDatabase database;
    final PostgresDatabase backfillDatabase;
    final PostgresDatabase quickDatabase;
    final LoadedModel model;
    final Tables tables;
    final Supplier<ChangeSource> source;
    final Embedder embedder;
    final VectorIndex index;
    final DeadLetters deadLetters;
    final Loop loop;
    final BackfillLog backfillLog;
    final SourceLog sourceLog;
    final Continuity continuity;
    final Backfill backfill;
    final LetterDesk letterDesk;
    final Search search;
    final SearchRoutes searchRoutes;

    Wiring(
            FreshetConfig config,
            StateFolder state,
            Function<EmbeddingConfig, LoadedModel> models,
            Daemon daemon,
            Resources resources) {
        this.config = config;
        this.state = state;
        HuggingFaceTokens.unpackNativeLibraryTo(state.natives());
        meters = resources.add(new Meters());

        database = resources.add(database(config.source()));
        backfillDatabase = resources.add(database(config.source()));
        quickDatabase = resources.add(new PostgresDatabase(
                config.source().url(),
                config.source().user(),
                config.source().password().value(),
                QUICK));
        backfillLog = new BackfillLog(state.backfills());
        sourceLog = new SourceLog(state.sourceLog());
        continuity = new Continuity(quickDatabase, config.source().slot(), state.offsets(), sourceLog);
        Preflight.check(config, database, state, backfillLog, sourceLog, continuity);
        model = models.apply(config.embedding());
        tables = Tables.read(config, database, model.tokenizer());
        database.ensurePublication(
                config.source().publication(), tables.tables().keySet());
        source = () -> new DebeziumSource(
                capture(config, sourceLog.epoch()), tables.tables(), state.offsets(), sourceLog.epoch());

        embedder = resources.add(Embedder.of(model, meters));
        index = resources.add(Indexes.open(config.index(), state));
        deadLetters = resources.add(new DeadLetters(state.deadLetters(), config.deadLetters()));
        loop = new Loop(
                tables.targets(),
                new RowReader(database),
                embedder,
                index,
                deadLetters,
                meters,
                limits(config, model.service()),
                new LoopPolicy(config.pipeline().delivery(), config.coalesce().window()),
                daemon::failed);
        DeadLetterMeters.add(deadLetters, loop, meters);
        GuardMeters.add(loop, meters);
        var replay = new Replay(loop, database);
        backfill = new Backfill(
                loop,
                backfillDatabase,
                backfillLog,
                new Sweep(tables.targets(), index, backfillDatabase, replay),
                tables.tables(),
                config.source().backfillChunk(),
                daemon::failed);

        letterDesk = new LetterDesk(deadLetters, tables, replay);

        search = new Search(
                index,
                embedder,
                tables.mappingsByCollection().keySet(),
                loop::freshness,
                daemon::isBackfilling,
                meters);
        searchRoutes = new SearchRoutes(search);
    }

    /** The model that the configuration names. */
    static LoadedModel model(EmbeddingConfig config) {
        try {
            return switch (config.provider()) {
                case IN_PROCESS -> inProcess(config);
                case OPENAI, OLLAMA, LANGCHAIN4J -> RemoteModels.load(config);
            };
        } catch (EmbeddingException e) {
            throw new StartupException(String.valueOf(e.getMessage()), e);
        }
    }

    private static LoadedModel inProcess(EmbeddingConfig config) {
        if (!config.model().equals(MiniLm.NAME)) {
            throw new StartupException("""
                    there is no embedding model '%s' inside Freshet; there is %s (key embedding.model). A model at a \
                    service needs its provider (key embedding.provider)""".formatted(config.model(), MiniLm.NAME));
        }
        return MiniLm.load(config.threads());
    }

    private static PostgresDatabase database(SourceConfig config) {
        return new PostgresDatabase(
                config.url(), config.user(), config.password().value());
    }

    private static PostgresCapture capture(FreshetConfig config, int epoch) {
        SourceConfig source = config.source();
        return new PostgresCapture(
                "freshet",
                source.url(),
                source.user(),
                source.password().value(),
                source.slot(),
                source.publication(),
                // After a resync the rows are read beside the log, so that what is gone can be told.
                source.backfill() == dev.freshet.config.Backfill.INITIAL && epoch == 0,
                source.poll(),
                source.heartbeat(),
                config.pipeline().memory().bytes() / QUEUE_SHARE,
                source.properties());
    }

    private static LoopLimits limits(FreshetConfig config, @Nullable ServiceLimits service) {
        PipelineConfig pipeline = config.pipeline();
        // While the texts of one half of the batches are at a service, those of the other half wait or are planned and
        // written, so that every request is full.
        int workers = service == null
                ? LoopLimits.BACKFILL_WORKERS
                : LoopLimits.BACKFILL_WORKERS * config.embedding().remote().concurrency();
        long bytes = service == null
                ? pipeline.batch().bytes()
                : Math.max(
                        pipeline.batch().bytes(),
                        Math.min(
                                service.texts() * BYTES_PER_TEXT,
                                pipeline.memory().bytes() / (2L * workers)));
        return new LoopLimits(
                pipeline.memory().bytes(),
                pipeline.documents(),
                LIVE_BATCH_BYTES,
                LoopLimits.LIVE_BATCHES,
                bytes,
                workers,
                pipeline.checkpoint(),
                pipeline.stopTimeout());
    }
}
