package dev.freshet.daemon;

import dev.freshet.change.SourcePosition;
import dev.freshet.change.TableId;
import dev.freshet.config.EmbeddingConfig;
import dev.freshet.config.FreshetConfig;
import dev.freshet.document.Mapping;
import dev.freshet.embed.Embedder;
import dev.freshet.embed.EmbedderStatus;
import dev.freshet.embed.LoadedModel;
import dev.freshet.index.IndexException;
import dev.freshet.index.VectorIndex;
import dev.freshet.pipeline.Freshness;
import dev.freshet.pipeline.GuardStatus;
import dev.freshet.pipeline.Lane;
import dev.freshet.pipeline.LogBarrier;
import dev.freshet.pipeline.Loop;
import dev.freshet.reconcile.Oracle;
import dev.freshet.reindex.TableProgress;
import dev.freshet.source.RowReader;
import dev.freshet.source.Slot;
import dev.freshet.source.SourceException;
import dev.freshet.telemetry.Meters;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A running Freshet: capture, loop, backfill and HTTP over one state folder. */
public final class Daemon implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Daemon.class);

    private static final long DRAIN_POLL_MS = 20;

    private final Resources resources = new Resources();
    private final Wiring wiring;
    private final Capture capture;
    private final HttpServer http;
    private final SlotWatch slotWatch;
    private final Instant startedAt = Instant.now();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final CompletableFuture<@Nullable Throwable> ended = new CompletableFuture<>();
    private volatile boolean stopping;
    private volatile Map<String, Status.Collection> collections = Map.of();

    private Daemon(FreshetConfig config, Function<EmbeddingConfig, LoadedModel> models) {
        boolean started = false;
        try {
            // Before anything is made in the database.
            HttpServer.problem(config.http()).ifPresent(problem -> {
                throw new StartupException(problem);
            });
            StateFolder state = resources.add(StateFolder.lock(config.state()));
            wiring = new Wiring(config, state, models, this, resources);
            prepareIndex();
            slotWatch = resources.add(new SlotWatch(wiring.quickDatabase, config.source(), wiring.meters));
            capture = new Capture(wiring.source, wiring.loop, wiring.quickDatabase, slotWatch::last, wiring.continuity);
            run();
            http = resources.add(new HttpServer(
                    config.http(),
                    List.of(
                            wiring.searchRoutes::addTo,
                            new AdminRoutes(this)::addTo,
                            new LetterRoutes(wiring.letterDesk)::addTo,
                            new ExplainRoutes(wiring.explainer)::addTo)));
            started = true;
        } finally {
            if (!started) {
                resources.close();
            }
        }
        LOG.info(
                "freshet started url={} state={} tables={}",
                url(),
                config.state(),
                wiring.tables.tables().keySet());
    }

    /**
     * Starts a daemon; when it returns, changes are being captured and searches answered.
     *
     * @throws StartupException if it cannot start
     * @throws SourceException if the database does not answer
     */
    public static Daemon start(FreshetConfig config) {
        return start(config, Wiring::model);
    }

    /** Starts a daemon with models of the caller's. */
    public static Daemon start(FreshetConfig config, Function<EmbeddingConfig, LoadedModel> models) {
        return new Daemon(config, models);
    }

    private void prepareIndex() {
        if (Preflight.checkpoint(wiring.state.offsets())) {
            wiring.sourceLog.resynced();
        } else if (wiring.sourceLog.isResync()) {
            wiring.backfillLog.requestWithSweep(wiring.tables.tables().keySet());
        } else {
            startAfresh();
        }
        var outdated = CollectionSetup.outdated(wiring.config, wiring.tables, wiring.model, wiring.index);
        wiring.backfillLog.retain(wiring.tables.tables().keySet());
        wiring.backfillLog.request(toRead(outdated));
        CollectionSetup.create(wiring.config, wiring.tables, wiring.model, wiring.index);
    }

    /** The tables whose rows must be read: all on a first start, later those with a new mapping. */
    private Set<TableId> toRead(Set<TableId> outdated) {
        return switch (wiring.config.source().backfill()) {
            case INCREMENTAL -> {
                var wanted = new TreeSet<>(outdated);
                wiring.tables.tables().keySet().stream()
                        .filter(table -> wiring.backfillLog.of(table).isEmpty())
                        .forEach(wanted::add);
                yield wanted;
            }
            // The source's own snapshot reads the rows on a first start, and never again.
            case INITIAL -> Preflight.checkpoint(wiring.state.offsets()) ? outdated : Set.of();
            case NONE -> Set.of();
        };
    }

    /**
     * Without a checkpoint the index must be empty. Documents from a first start that was cut off before its first
     * checkpoint are dropped, since every row is going to be read; any others are somebody's.
     */
    private void startAfresh() {
        boolean firstStart = CollectionSetup.isFirstStart(wiring.config, wiring.backfillLog);
        for (String collection : wiring.tables.mappingsByCollection().keySet()) {
            if (!firstStart) {
                CollectionSetup.orphans(collection, wiring.index, wiring.config.state())
                        .ifPresent(problem -> {
                            throw new StartupException(problem);
                        });
            }
            wiring.index.drop(collection);
        }
    }

    private void run() {
        // Closed in reverse: the loop's last checkpoint still needs the source it acknowledges to.
        resources.add(capture);
        resources.add(wiring.loop);
        wiring.loop.start();
        capture.start();
        resources.add(wiring.backfill);
        wiring.backfill.start();
        resources.add(wiring.schemaWatch);
        wiring.schemaWatch.start();
    }

    /** Something failed that the daemon cannot go on after. */
    void failed(Throwable reason) {
        if (!stopping && failure.compareAndSet(null, reason)) {
            LOG.error("freshet cannot go on error={}", reason.toString(), reason);
            ended.complete(reason);
        }
    }

    /** Completes when the daemon cannot go on, with the reason, or was closed, with null. */
    public CompletableFuture<@Nullable Throwable> ended() {
        return ended;
    }

    /** Where it answers HTTP. */
    public String url() {
        return "http://" + wiring.config.http().host() + ":" + port();
    }

    private int port() {
        return http.port();
    }

    /**
     * Has every row of a collection, or of one of its tables, read again.
     *
     * @return the tables that are going to be read
     * @throws IllegalArgumentException if there is no such collection or table
     */
    public List<String> reindex(String collection, @Nullable String table) {
        Map<String, List<Mapping>> collections = wiring.tables.mappingsByCollection();
        List<Mapping> mappings = collections.get(collection);
        if (mappings == null) {
            throw new IllegalArgumentException("there is no collection '%s'; there are %s"
                    .formatted(collection, String.join(", ", new TreeSet<>(collections.keySet()))));
        }
        var tables = new TreeSet<TableId>();
        mappings.stream()
                .map(Mapping::table)
                .filter(id -> table == null || matches(id, table))
                .forEach(tables::add);
        if (tables.isEmpty()) {
            throw new IllegalArgumentException("collection %s has no table '%s'; it has %s"
                    .formatted(
                            collection,
                            table,
                            mappings.stream().map(Mapping::table).distinct().toList()));
        }
        wiring.backfillLog.requestWithSweep(tables);
        return tables.stream().map(TableId::toString).toList();
    }

    private static boolean matches(TableId id, String name) {
        return id.toString().equals(name) || id.name().equals(name);
    }

    /** What it is doing. */
    public Status status() {
        Freshness freshness = wiring.loop.freshness();
        SourcePosition position = freshness.position();
        @Nullable Slot slot = slotWatch.last();
        return new Status(
                1,
                state(),
                startedAt,
                new Status.Source(
                        wiring.config.source().slot(),
                        capture.isConnected(),
                        position == null ? null : position.version().lsn(),
                        position == null ? null : position.committedAt(),
                        freshness.lag(Instant.now()).toMillis(),
                        slot == null ? null : slot.lagBytes(),
                        slot == null ? null : slot.retainedBytes(),
                        slotWatch.warning()),
                wiring.backfillLog.all().stream().map(this::backfill).toList(),
                wiring.schema.paused().stream().map(Status.PausedMapping::of).toList(),
                collections(),
                wiring.embedder.status(),
                guards(),
                new Status.Chunks(wiring.meters.chunksEmbedded(), wiring.meters.chunksReused()),
                new Status.Backlog(
                        wiring.loop.backlog(Lane.LIVE), wiring.loop.backlog(Lane.BACKFILL), wiring.loop.backlogBytes()),
                wiring.deadLetters.count(),
                Status.DeadLetterRoom.of(wiring.deadLetters.occupancy(), wiring.loop.halt() != null),
                lastError());
    }

    private Status.BackfillOfTable backfill(TableProgress progress) {
        boolean waits = progress.state() != TableProgress.State.COMPLETE && !wiring.schema.isTaken(progress.table());
        return new Status.BackfillOfTable(
                progress.table().toString(),
                waits ? "paused" : progress.state().name().toLowerCase(Locale.ROOT),
                progress.rows(),
                progress.expected(),
                progress.startedAt(),
                progress.finishedAt());
    }

    /** What was last seen where the index does not answer: just then the rest of the status is needed most. */
    private Map<String, Status.Collection> collections() {
        boolean away =
                wiring.loop.guards().stream().anyMatch(guard -> guard.name().equals(Loop.INDEX) && guard.isAway());
        if (!away) {
            try {
                collections = seenCollections();
            } catch (IndexException e) {
                LOG.debug("the collections were not seen error={}", e.getMessage());
            }
        }
        return collections;
    }

    private Map<String, Status.Collection> seenCollections() {
        var seen = new LinkedHashMap<String, Status.Collection>();
        for (String name : new TreeSet<>(wiring.tables.mappingsByCollection().keySet())) {
            wiring.index
                    .describe(name)
                    .ifPresent(state -> seen.put(
                            name,
                            new Status.Collection(
                                    state.documents(),
                                    state.chunks(),
                                    state.spec().model())));
        }
        return seen;
    }

    private @Nullable String lastError() {
        Throwable reason = failure.get();
        if (reason != null) {
            return reason.toString();
        }
        String ofCapture = capture.lastError();
        if (ofCapture != null) {
            return ofCapture;
        }
        String ofEmbedding = wiring.embedder.status().lastError();
        return ofEmbedding == null ? wiring.loop.lastError() : ofEmbedding;
    }

    private String state() {
        if (stopping) {
            return "stopping";
        }
        if (wiring.loop.halt() != null) {
            return "halted";
        }
        if (!capture.isConnected()) {
            return capture.lastError() == null ? "starting" : "waiting";
        }
        return isBackfilling() ? "backfilling" : "streaming";
    }

    /** Whether rows that were there before may still be missing. */
    boolean isBackfilling() {
        return wiring.backfillLog.all().stream()
                .anyMatch(each -> each.state() != TableProgress.State.COMPLETE && wiring.schema.isTaken(each.table()));
    }

    /** Whether nothing has failed that it cannot go on after. */
    boolean isAlive() {
        return failure.get() == null;
    }

    /** Why it is not current, or may soon not be; empty when all is well. */
    List<String> unready() {
        var reasons = new ArrayList<String>();
        if (!isAlive()) {
            reasons.add("the loop has stopped");
        }
        if (!capture.isConnected()) {
            reasons.add("waiting for the source");
        }
        String halt = wiring.loop.halt();
        if (halt != null) {
            reasons.add(halt);
        }
        guards().stream().filter(GuardStatus::isAway).map(Daemon::reason).forEach(reasons::add);
        return reasons;
    }

    /** What is not as it should be although it is current otherwise; empty when all is well. */
    List<String> degraded() {
        var reasons = new ArrayList<String>();
        wiring.schema
                .paused()
                .forEach(pause -> reasons.add(
                        "mapping %s is paused since %s: %s".formatted(pause.mapping(), pause.since(), pause.reason())));
        String warning = slotWatch.warning();
        if (warning != null) {
            reasons.add(warning);
        }
        return reasons;
    }

    private static String reason(GuardStatus guard) {
        return "the " + guard.name() + " does not answer" + (guard.lastError() == null ? "" : ": " + guard.lastError());
    }

    /** What may be away, and whether it is. */
    private List<GuardStatus> guards() {
        var guards = new ArrayList<>(wiring.loop.guards());
        EmbedderStatus embedding = wiring.embedder.status();
        if (embedding.breaker() != null) {
            guards.add(
                    new GuardStatus("embedding service", embedding.breaker().replace('_', '-'), embedding.lastError()));
        }
        return guards;
    }

    /** The meters in Prometheus' text format. */
    String metrics() {
        return wiring.meters.scrape();
    }

    /** The meters in the format that an Accept header asks for. */
    Meters.Page metricsPage(@Nullable String accept) {
        return wiring.meters.page(accept);
    }

    /** The index, to look at what it holds. */
    public VectorIndex index() {
        return wiring.index;
    }

    /** Compares the index with its source; see there for when that is meaningful. */
    public Oracle oracle() {
        return new Oracle(
                wiring.tables.targets(),
                new RowReader(wiring.database),
                wiring.index,
                text -> wiring.embedder
                        .submit(List.of(text), Embedder.Priority.BACKFILL)
                        .getFirst()
                        .join());
    }

    /** Waits until everything that is committed now is durable in the index; false if it was closed meanwhile. */
    public boolean awaitDrained() throws InterruptedException {
        if (!new LogBarrier(wiring.loop, wiring.database).await(() -> stopping)) {
            return false;
        }
        while (!stopping && !isDrained()) {
            Thread.sleep(DRAIN_POLL_MS);
        }
        return !stopping;
    }

    private boolean isDrained() {
        return !isBackfilling() && wiring.loop.isDrained();
    }

    /** Stops capture, finishes or gives up the batches under way, and saves how far it came. */
    @Override
    public void close() {
        if (stopping) {
            return;
        }
        stopping = true;
        LOG.info("freshet stopping");
        wiring.embedder.stopRetrying();
        resources.close();
        ended.complete(failure.get());
        LOG.info("freshet stopped");
    }
}
