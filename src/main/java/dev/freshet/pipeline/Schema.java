package dev.freshet.pipeline;

import dev.freshet.change.Row;
import dev.freshet.change.RowKey;
import dev.freshet.change.SourcePosition;
import dev.freshet.change.TableId;
import dev.freshet.change.Version;
import dev.freshet.document.Mapping;
import dev.freshet.document.Outcome;
import dev.freshet.source.CapturedTables;
import dev.freshet.source.PostgresDatabase;
import dev.freshet.source.RowReader;
import dev.freshet.source.RowReader.KeyedRow;
import dev.freshet.source.SourceException;
import dev.freshet.source.Table;
import dev.freshet.source.TableDefinition;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the tables look like now, and which mappings are paused because of it. Thread-safe.
 *
 * <p>The log does not tell when a table is altered. Changes whose columns are others than before, and reads that fail,
 * only give cause to look: what the database says then is what counts. A mapping that cannot take its table is paused,
 * durably before any change of it is passed over. When it can again, all rows are read after that, so that nothing which
 * was passed over is missing. What has to be done in between is a {@link Recovery}.
 */
public final class Schema {

    private static final Logger LOG = LoggerFactory.getLogger(Schema.class);

    private static final int TRIED_ROWS = 20;
    private static final long TRIED_BYTES = 1 << 20;
    private static final int MOST_LOOKS = 3;

    private final PostgresDatabase database;
    private final RowReader reader;
    private final CapturedTables tables;
    private final Map<TableId, List<Mapping>> mappings;
    private final SchemaFile file;

    /** As the database said last. */
    private final Map<TableId, TableDefinition> seen = new HashMap<>();

    /** As they were when their rows were read last; what is in the file. */
    private final Map<TableId, TableDefinition> settled = new TreeMap<>();

    /** As they were when rows were found that are going to be read. */
    private final Map<TableId, TableDefinition> recovering = new HashMap<>();

    /** By the mappings' names; replaced as a whole. */
    private volatile Map<String, Pause> paused;

    /** Not paused any more, and still in the file until their rows are going to be read for sure. */
    private final Map<String, Pause> resuming = new LinkedHashMap<>();

    /**
     * What was recorded of tables and mappings; does not look at the database yet.
     *
     * @param tables kept up to date from here on
     * @param mappings of each table
     */
    public Schema(
            PostgresDatabase database, CapturedTables tables, Map<TableId, List<Mapping>> mappings, SchemaFile file) {
        this.database = database;
        this.reader = new RowReader(database);
        this.tables = tables;
        this.mappings = Map.copyOf(mappings);
        this.file = file;
        file.content().tables().stream()
                .filter(each -> mappings.containsKey(each.table()))
                .forEach(each -> settled.put(each.table(), each));
        var still = new TreeMap<String, Pause>();
        for (Pause pause : file.content().paused()) {
            if (mappingsOf(pause.table()).stream().anyMatch(each -> each.name().equals(pause.mapping()))) {
                still.put(pause.mapping(), pause);
                LOG.warn(
                        "mapping is paused mapping={} table={} since={} reason={}",
                        pause.mapping(),
                        pause.table(),
                        pause.since(),
                        pause.reason());
            }
        }
        paused = Collections.unmodifiableMap(still);
    }

    private List<Mapping> mappingsOf(TableId table) {
        return mappings.getOrDefault(table, List.of());
    }

    /** The tables that mappings name. */
    public Set<TableId> tables() {
        return mappings.keySet();
    }

    /** Whether changes of the mapping's rows are passed over. */
    public boolean isPaused(String mapping) {
        return paused.containsKey(mapping);
    }

    /** Whether the table is there and any of its mappings takes its rows. */
    public boolean isTaken(TableId table) {
        return tables.of(table) != null && mappingsOf(table).stream().anyMatch(each -> !isPaused(each.name()));
    }

    /** Whether changes of the table arrived that look as if it was altered, and nobody has looked since. */
    boolean isDoubtful(TableId table) {
        return tables.doubts(table) > 0;
    }

    /** What is paused, by mapping. */
    public List<Pause> paused() {
        return List.copyOf(paused.values());
    }

    /** The mappings of a collection that are paused, sorted. */
    public List<String> pausedIn(String collection) {
        Map<String, Pause> now = paused;
        return mappings.values().stream()
                .flatMap(List::stream)
                .filter(mapping -> mapping.collection().equals(collection) && now.containsKey(mapping.name()))
                .map(Mapping::name)
                .sorted()
                .toList();
    }

    /** Reads rows as {@link RowReader#rows}; none if nobody takes the table any more. */
    Map<RowKey, Row> rows(TableId id, Collection<RowKey> keys, Collection<String> transactions) {
        return read(id, Map.of(), table -> reader.rows(table, keys, transactions));
    }

    /**
     * Reads from a table as it is now, and looks at it when that fails because it has changed.
     *
     * @param nothing the answer if nobody {@linkplain #isTaken takes} the table any more
     */
    public <T> T read(TableId id, T nothing, Function<Table, T> read) {
        for (int looks = 0; ; looks++) {
            Table table = tables.of(id);
            if (table == null || !isTaken(id)) {
                return nothing;
            }
            try {
                return read.apply(table);
            } catch (SourceException e) {
                if (!e.isOtherDefinition() || looks == MOST_LOOKS) {
                    throw e;
                }
                look(id);
            }
        }
    }

    /**
     * Looks at a table: goes on with its columns as they are now, and pauses the mappings that cannot.
     *
     * @throws SourceException if the database does not answer
     */
    public synchronized void look(TableId id) {
        long doubts = tables.doubts(id);
        compare(id);
        // Not before: who is in doubt meanwhile waits for this look to end.
        tables.seen(id, doubts);
    }

    private void compare(TableId id) {
        Optional<TableDefinition> found = definition(id);
        Optional<Table> read = found.isEmpty() ? Optional.empty() : table(id);
        if (found.isEmpty() || read.isEmpty()) {
            seen.remove(id);
            return;
        }
        TableDefinition now = found.get();
        Table table = read.get();
        TableDefinition before = before(id);
        if (before != null && now.replaces(before)) {
            pauseAll(
                    id,
                    "table " + id + " is another one than before, or has another primary key",
                    "nothing: all its rows are read again");
        }
        Set<String> retyped = before == null ? Set.of() : now.retyped(before);
        for (Mapping mapping : mappingsOf(id)) {
            boolean trial = !isPaused(mapping.name()) && !Collections.disjoint(retyped, mapping.columns());
            misfit(mapping, table, trial).ifPresent(pause -> pause(List.of(pause)));
        }
        tables.replace(table);
        seen.put(id, now.only(tables.wanted(id)));
        if (before == null) {
            settle(now.only(tables.wanted(id)), List.of());
        }
    }

    private @Nullable TableDefinition before(TableId id) {
        TableDefinition recovered = recovering.get(id);
        return recovered == null ? settled.get(id) : recovered;
    }

    private Optional<TableDefinition> definition(TableId id) {
        try {
            return Optional.of(database.definition(id));
        } catch (SourceException e) {
            if (!e.isPermanent()) {
                throw e;
            }
            pauseAll(
                    id,
                    "there is no table " + id + " any more",
                    "make the table again, and all its rows are read; or take the mapping out of the configuration");
            return Optional.empty();
        }
    }

    private Optional<Table> table(TableId id) {
        try {
            return Optional.of(database.table(id));
        } catch (SourceException e) {
            if (!e.isPermanent()) {
                throw e;
            }
            pauseAll(id, String.valueOf(e.getMessage()), "all its rows are read again then by themselves");
            return Optional.empty();
        }
    }

    private Optional<Pause> misfit(Mapping mapping, Table table, boolean trial) {
        Optional<String> reason = Fit.of(mapping, table).problem(mapping);
        if (reason.isEmpty() && trial) {
            reason = trial(mapping, table.only(tables.wanted(table.id())));
        }
        return reason.map(why -> new Pause(
                mapping.name(),
                mapping.table(),
                why,
                "alter the table so that the mapping fits, or change the mapping and start again; its rows are read again"
                        + " then by themselves",
                Instant.now(),
                false));
    }

    /** What the mapping says to the first rows, if it takes none of them. */
    private Optional<String> trial(Mapping mapping, Table table) {
        List<KeyedRow> rows;
        try {
            rows = reader.page(table, null, TRIED_ROWS, TRIED_BYTES);
        } catch (SourceException e) {
            if (!e.isPermanent()) {
                throw e;
            }
            // A row that cannot be read says nothing of the others; it becomes a dead letter when its turn comes.
            return Optional.empty();
        }
        var nowhere = new SourcePosition("freshet", Version.NONE, Instant.EPOCH, null);
        Optional<String> first = Optional.empty();
        for (KeyedRow row : rows) {
            if (!(mapping.map(row.key(), row.row(), nowhere) instanceof Outcome.Rejected rejected)) {
                return Optional.empty();
            }
            first = first.or(() -> Optional.of(
                    "a column has another type than before, and " + rejected.stage() + ": " + rejected.reason()));
        }
        return first;
    }

    /** Changes of a table were passed over, of which not even the key is known. */
    void lost(TableId id) {
        pauseAll(
                id,
                "changes of table " + id + " came without its primary key",
                "when the table has a primary key, all its rows are read again");
    }

    /** Whether the table is there, and changes of it may have been missed. */
    public synchronized boolean isToRebuild(TableId id) {
        return seen.containsKey(id)
                && paused.values().stream()
                        .anyMatch(pause -> pause.rebuild() && pause.table().equals(id));
    }

    /** Pauses every mapping of a table, because changes of it may be missed. */
    public synchronized void pauseAll(TableId id, String reason, String wayOut) {
        pause(mappingsOf(id).stream()
                .map(mapping -> new Pause(mapping.name(), id, reason, wayOut, Instant.now(), true))
                .toList());
    }

    /** Nothing is passed over before this is on disk. */
    private void pause(List<Pause> pauses) {
        var next = new TreeMap<>(paused);
        var news = new ArrayList<Pause>();
        for (Pause pause : pauses) {
            Pause before = next.get(pause.mapping());
            Pause now = before == null ? pause : before.and(pause);
            if (!now.equals(before)) {
                next.put(pause.mapping(), now);
                news.add(now);
            }
        }
        if (news.isEmpty()) {
            return;
        }
        save(settled.values(), next);
        paused = Collections.unmodifiableMap(next);
        news.forEach(pause -> LOG.warn(
                "mapping paused mapping={} table={} reason={} way_out={}",
                pause.mapping(),
                pause.table(),
                pause.reason(),
                pause.wayOut()));
    }

    /**
     * What has to be done because a table is as its mappings need it again, or its rows were rewritten.
     *
     * @param table the table
     * @param resumed mappings that were paused and are not any more
     * @param retyped columns whose type is another one
     * @param otherKey whether the rows are told apart by other columns than before
     */
    public record Recovery(
            TableId table, List<Pause> resumed, Set<String> retyped, boolean otherKey, TableDefinition seen) {

        /** The mappings that may have documents of rows which are gone. */
        public List<String> rebuilt() {
            return resumed.stream().filter(Pause::rebuild).map(Pause::mapping).toList();
        }
    }

    /**
     * What has to be done about a table, by its last {@link #look}. Mappings that fit again take changes from here on; their
     * pause is over only when this is {@linkplain #recovered done}, also across restarts.
     *
     * @throws SourceException if the database does not answer
     */
    public synchronized Optional<Recovery> recovery(TableId id) {
        TableDefinition now = seen.get(id);
        TableDefinition before = before(id);
        Table table = tables.of(id);
        if (now == null || before == null || table == null) {
            return Optional.empty();
        }
        List<Pause> fitting = mappingsOf(id).stream()
                .filter(mapping ->
                        isPaused(mapping.name()) && misfit(mapping, table, true).isEmpty())
                .flatMap(mapping -> Optional.ofNullable(paused.get(mapping.name())).stream())
                .toList();
        Set<String> retyped = now.retyped(before);
        if (fitting.isEmpty() && retyped.isEmpty() && !now.replaces(before)) {
            return Optional.empty();
        }
        var next = new TreeMap<>(paused);
        fitting.forEach(pause -> {
            next.remove(pause.mapping());
            resuming.put(pause.mapping(), pause);
        });
        paused = Collections.unmodifiableMap(next);
        recovering.put(id, now);
        return Optional.of(new Recovery(id, fitting, retyped, !now.key().equals(before.key()), now));
    }

    /** All rows of the table are going to be read, also after a crash. */
    public synchronized void recovered(Recovery recovery) {
        settle(recovery.seen(), recovery.resumed());
        recovering.remove(recovery.table());
        recovery.resumed()
                .forEach(pause -> LOG.info("mapping resumed mapping={} table={}", pause.mapping(), pause.table()));
    }

    private void settle(TableDefinition definition, List<Pause> over) {
        TableDefinition before = settled.get(definition.table());
        var next = new TreeMap<>(settled);
        next.put(definition.table(), before == null ? definition : definition.remembering(before));
        over.forEach(pause -> resuming.remove(pause.mapping()));
        save(next.values(), paused);
        settled.putAll(next);
    }

    private void save(Collection<TableDefinition> definitions, Map<String, Pause> pauses) {
        var all = new TreeMap<>(resuming);
        all.putAll(pauses);
        file.replace(new SchemaFile.Content(List.copyOf(definitions), List.copyOf(all.values())));
    }
}
