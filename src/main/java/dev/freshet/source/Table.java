package dev.freshet.source;

import dev.freshet.change.TableId;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * A captured table.
 *
 * @param id its schema and name
 * @param columns the columns that are captured: the key's and those the mappings read
 * @param key the names of the primary key's columns, in key order
 */
public record Table(TableId id, List<Column> columns, List<String> key) {

    public Table {
        columns = List.copyOf(columns);
        key = List.copyOf(key);
    }

    /** The column of this name. */
    public Optional<Column> column(String name) {
        return columns.stream().filter(column -> column.name().equals(name)).findFirst();
    }

    /** This table with only the key and the named columns. */
    public Table only(Collection<String> names) {
        return new Table(
                id,
                columns.stream()
                        .filter(column -> key.contains(column.name()) || names.contains(column.name()))
                        .toList(),
                key);
    }
}
