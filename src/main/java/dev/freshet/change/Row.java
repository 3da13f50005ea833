package dev.freshet.change;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The columns of one row, in the table's order, and the names of those whose value the log did not carry.
 *
 * <p>Values are null, {@link Boolean}, {@link Long}, {@link Double}, {@link java.math.BigDecimal}, {@link String},
 * {@link java.time.Instant} (timestamp with zone), {@link java.time.LocalDateTime}, {@link java.time.LocalDate},
 * {@link java.time.LocalTime}, {@link java.time.OffsetTime}, {@code byte[]}, or a {@link java.util.List} or {@link Map}
 * of these (arrays, json). The capture and the row lookup produce the same value for the same column.
 */
public record Row(Map<String, @Nullable Object> values, Set<String> unavailable) {

    public Row {
        values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
        unavailable = Set.copyOf(unavailable);
    }

    /** A row of which every column is known. */
    public static Row of(Map<String, @Nullable Object> values) {
        return new Row(values, Set.of());
    }

    /** The value of a column, null also where the row has no such column. */
    public @Nullable Object get(String column) {
        return values.get(column);
    }

    /**
     * This row with the unavailable columns taken from a row read back from the database, and without those that it does
     * not have either.
     */
    public Row completedFrom(Row current) {
        var completed = new LinkedHashMap<>(values);
        for (String column : unavailable) {
            if (current.values().containsKey(column)) {
                completed.put(column, current.get(column));
            } else {
                completed.remove(column);
            }
        }
        return new Row(completed, Set.of());
    }
}
