package dev.freshet.change;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The primary key of a row: its columns in key order, with the types of {@link Row}. Never empty, never null inside. */
public record RowKey(Map<String, Object> columns) {

    public RowKey {
        if (columns.isEmpty()) {
            throw new IllegalArgumentException("a row key needs at least one column");
        }
        var copy = new LinkedHashMap<String, Object>();
        columns.forEach((name, value) -> copy.put(name, comparable(value)));
        columns = Collections.unmodifiableMap(copy);
    }

    /** Bytes are equal only to themselves, so a key has them as PostgreSQL writes them: {@code \\x} and hexadecimal. */
    private static Object comparable(Object value) {
        return value instanceof byte[] bytes ? "\\x" + HexFormat.of().formatHex(bytes) : value;
    }

    /** A key of one column. */
    public static RowKey of(String column, Object value) {
        return new RowKey(Map.of(column, value));
    }

    /**
     * The key as one string, different for different keys of one table: the value of a single column as it is, several
     * joined by commas with backslash and comma escaped.
     */
    public String text() {
        if (columns.size() == 1) {
            return columns.values().iterator().next().toString();
        }
        return columns.values().stream()
                .map(value -> value.toString().replace("\\", "\\\\").replace(",", "\\,"))
                .collect(Collectors.joining(","));
    }

    /** The values, as texts, of a key of so many columns that {@link #text} wrote. */
    public static List<String> values(String text, int columns) {
        if (columns == 1) {
            return List.of(text);
        }
        var values = new ArrayList<String>();
        var value = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\\' && i + 1 < text.length()) {
                value.append(text.charAt(++i));
            } else if (c == ',') {
                values.add(value.toString());
                value.setLength(0);
            } else {
                value.append(c);
            }
        }
        values.add(value.toString());
        return values;
    }

    @Override
    public String toString() {
        return text();
    }
}
