package dev.freshet.change;

import static java.util.Objects.requireNonNull;

/** A table of the source database by its exact (case-sensitive, unquoted) schema and name. */
public record TableId(String schema, String name) implements Comparable<TableId> {

    public TableId {
        requireNonNull(schema);
        requireNonNull(name);
    }

    /**
     * Reads {@code schema.table}; the name may itself contain dots, the schema may not.
     *
     * @throws IllegalArgumentException if there is no dot, or nothing on one side of it
     */
    public static TableId parse(String text) {
        int dot = text.indexOf('.');
        if (dot <= 0 || dot == text.length() - 1) {
            throw new IllegalArgumentException("'" + text + "' is not a table: write it as schema.table");
        }
        return new TableId(text.substring(0, dot), text.substring(dot + 1));
    }

    @Override
    public int compareTo(TableId other) {
        int bySchema = schema.compareTo(other.schema);
        return bySchema != 0 ? bySchema : name.compareTo(other.name);
    }

    @Override
    public String toString() {
        return schema + "." + name;
    }
}
