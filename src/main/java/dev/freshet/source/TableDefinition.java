package dev.freshet.source;

import dev.freshet.change.TableId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * How the database defines a table, to find out later whether it was altered.
 *
 * @param table its name
 * @param identity tells it from another one that has taken its name: PostgreSQL's object id
 * @param key the columns of its primary key
 * @param columns the type of each column as it is declared, such as {@code numeric(10,2)}
 */
public record TableDefinition(TableId table, long identity, List<String> key, Map<String, String> columns) {

    public TableDefinition {
        key = List.copyOf(key);
        columns = Collections.unmodifiableMap(new TreeMap<>(columns));
    }

    /** This one with only the key and the named columns. */
    public TableDefinition only(Collection<String> names) {
        var some = new TreeMap<>(columns);
        var kept = new ArrayList<>(names);
        kept.addAll(key);
        some.keySet().retainAll(kept);
        return new TableDefinition(table, identity, key, some);
    }

    /** Whether the rows of the one before are not those of this one, or are told apart by other columns. */
    public boolean replaces(TableDefinition before) {
        return identity != before.identity || !key.equals(before.key);
    }

    /** The columns that had another type before. */
    public Set<String> retyped(TableDefinition before) {
        var retyped = new TreeSet<String>();
        columns.forEach((name, type) -> {
            if (!type.equals(before.columns.getOrDefault(name, type))) {
                retyped.add(name);
            }
        });
        return retyped;
    }

    /** This one, with what is remembered of columns that it does not have now. */
    public TableDefinition remembering(TableDefinition before) {
        var all = new TreeMap<>(before.columns);
        all.putAll(columns);
        return new TableDefinition(table, identity, key, all);
    }
}
