package dev.freshet.source.debezium;

import dev.freshet.change.Row;
import dev.freshet.change.RowKey;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Writes values with their Java types, so that two are written alike only if they are deeply equal. */
final class Values {

    private Values() {}

    static String described(@Nullable Object value) {
        return switch (value) {
            case null -> "null";
            case byte[] bytes -> "bytes " + HexFormat.of().formatHex(bytes);
            case List<?> list -> list.stream().map(Values::described).collect(Collectors.joining(", ", "[", "]"));
            case Map<?, ?> map ->
                map.entrySet().stream()
                        .map(entry -> described(entry.getKey()) + ": " + described(entry.getValue()))
                        .collect(Collectors.joining(", ", "{", "}"));
            default -> value.getClass().getSimpleName() + " " + value;
        };
    }

    static Map<String, String> described(Row row) {
        var described = new TreeMap<String, String>();
        row.values().forEach((column, value) -> described.put(column, described(value)));
        return described;
    }

    static String described(RowKey key) {
        return described(key.columns());
    }
}
