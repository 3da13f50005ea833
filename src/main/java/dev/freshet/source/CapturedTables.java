package dev.freshet.source;

import dev.freshet.change.TableId;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The captured tables as they are now, and the columns that are wanted of each, whether it has them or not. The log does
 * not tell when a table is altered, so that these change while Freshet runs. Thread-safe.
 */
public final class CapturedTables {

    private final Map<TableId, Set<String>> wanted;
    private final Map<TableId, Table> tables;
    private final Map<TableId, Long> doubts = new ConcurrentHashMap<>();
    private volatile Consumer<TableId> listener = table -> {};

    /**
     * Tables of which some may be missing.
     *
     * @param wanted the columns that are read of each table, besides its key's
     * @param tables those that are there
     */
    public CapturedTables(Map<TableId, Set<String>> wanted, Map<TableId, Table> tables) {
        this.wanted = new HashMap<>();
        wanted.forEach((id, columns) -> this.wanted.put(id, Set.copyOf(columns)));
        this.tables = new ConcurrentHashMap<>();
        tables.values().forEach(this::replace);
    }

    /** Tables of which all columns are wanted. */
    public CapturedTables(Map<TableId, Table> tables) {
        this(tables.values().stream().collect(Collectors.toMap(Table::id, CapturedTables::names)), tables);
    }

    private static Set<String> names(Table table) {
        return table.columns().stream().map(Column::name).collect(Collectors.toSet());
    }

    /** All that should be captured, whether they are there or not. */
    public Set<TableId> ids() {
        return Set.copyOf(wanted.keySet());
    }

    /** A table as it was last seen, with its key and what it has of the columns that are wanted; null if it never was. */
    public @Nullable Table of(TableId id) {
        return tables.get(id);
    }

    /** The columns that are wanted of a table, sorted out by whoever reads it. */
    public Set<String> wanted(TableId id) {
        return wanted.getOrDefault(id, Set.of());
    }

    /** The columns that are wanted and not there. */
    public Set<String> missing(TableId id) {
        Table table = tables.get(id);
        var missing = new HashSet<>(wanted(id));
        if (table != null) {
            missing.removeAll(names(table));
        }
        return missing;
    }

    /** A table is like this from now on. */
    public void replace(Table table) {
        tables.put(table.id(), table.only(wanted(table.id())));
    }

    /** Has somebody told when a change arrives whose columns are not those of its table here, or changed. */
    public void onOtherColumns(Consumer<TableId> told) {
        listener = told;
    }

    /** A change arrived whose columns are not those of its table here, or not those of the change before. */
    public void otherColumns(TableId table) {
        doubts.merge(table, 1L, Long::sum);
        listener.accept(table);
    }

    /** How many such changes arrived, not counting those before the table was {@linkplain #seen seen}. */
    public long doubts(TableId table) {
        return doubts.getOrDefault(table, 0L);
    }

    /** Somebody looked at the table after so many doubts. */
    public void seen(TableId table, long after) {
        doubts.remove(table, after);
    }
}
