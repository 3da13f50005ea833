package dev.freshet.document;

import dev.freshet.change.Row;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Rows for tests. */
final class Rows {

    private Rows() {}

    /** A row of names and values in turn. */
    static Row row(@Nullable Object... namesAndValues) {
        return Row.of(object(namesAndValues));
    }

    /** An object of names and values in turn; unlike {@link Map#of} it may hold null. */
    static Map<String, @Nullable Object> object(@Nullable Object... namesAndValues) {
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            values.put(String.valueOf(namesAndValues[i]), namesAndValues[i + 1]);
        }
        return values;
    }
}
