package dev.freshet.source;

import dev.freshet.change.RowKey;
import dev.freshet.change.TableId;
import java.util.Collection;
import java.util.LinkedHashMap;
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

    /**
     * Reads a key that {@link RowKey#text} wrote.
     *
     * @throws IllegalArgumentException if it has not as many values as the key has columns
     */
    public RowKey key(String text) {
        return key(RowKey.values(text, key.size()));
    }

    /**
     * A key of these values, as their {@link Object#toString} writes them.
     *
     * @throws IllegalArgumentException if there are not as many as the key has columns
     */
    public RowKey key(List<String> values) {
        if (values.size() != key.size()) {
            throw new IllegalArgumentException("'%s' is no key of table %s, which has the columns %s"
                    .formatted(String.join(",", values), id, String.join(", ", key)));
        }
        var columns = new LinkedHashMap<String, Object>();
        for (int i = 0; i < values.size(); i++) {
            ColumnType type = column(key.get(i)).orElseThrow().type();
            boolean time = type == ColumnType.TIMESTAMP || type == ColumnType.TIMESTAMP_WITH_ZONE;
            // Java writes a T where PostgreSQL writes a blank.
            Object value = type.parse(time ? values.get(i).replace('T', ' ') : values.get(i));
            columns.put(key.get(i), value == null ? values.get(i) : value);
        }
        return new RowKey(columns);
    }
}
