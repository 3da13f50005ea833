package dev.freshet.document;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A row's values as JSON values, as {@link Document#metadata} holds them. */
final class JsonValue {

    private static final JsonMapper JSON = new JsonMapper();

    private JsonValue() {}

    /**
     * The value as a JSON value: times in ISO 8601 (a timestamp with zone in UTC), bytes in Base64, a double that is no
     * number by its name, objects sorted by key.
     *
     * @throws IllegalArgumentException if it is nothing that a {@link dev.freshet.change.Row} may hold
     */
    static @Nullable Object of(@Nullable Object value) {
        return switch (value) {
            case null -> null;
            case Boolean b -> b;
            case Long l -> l;
            case Double d -> Double.isFinite(d) ? d : d.toString();
            case BigDecimal d -> d;
            case String s -> s;
            case byte[] bytes -> Base64.getEncoder().encodeToString(bytes);
            case List<?> list -> ofList(list);
            case Map<?, ?> map -> ofMap(map);
            default -> ofTime(value);
        };
    }

    /** The value as compact JSON. */
    static String write(@Nullable Object value) {
        try {
            return JSON.writeValueAsString(of(value));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a JSON value could not be written", e);
        }
    }

    private static String ofTime(Object value) {
        return switch (value) {
            case Instant t -> DateTimeFormatter.ISO_INSTANT.format(t);
            case LocalDateTime t -> DateTimeFormatter.ISO_LOCAL_DATE_TIME.format(t);
            case LocalDate t -> DateTimeFormatter.ISO_LOCAL_DATE.format(t);
            case LocalTime t -> DateTimeFormatter.ISO_LOCAL_TIME.format(t);
            case OffsetTime t -> DateTimeFormatter.ISO_OFFSET_TIME.format(t);
            default ->
                throw new IllegalArgumentException(
                        "a row holds no " + value.getClass().getName());
        };
    }

    private static List<@Nullable Object> ofList(List<?> list) {
        List<@Nullable Object> values = new ArrayList<>(list.size());
        list.forEach(element -> values.add(of(element)));
        return Collections.unmodifiableList(values);
    }

    private static Map<String, @Nullable Object> ofMap(Map<?, ?> map) {
        Map<String, @Nullable Object> values = new TreeMap<>();
        map.forEach((key, value) -> values.put(String.valueOf(key), of(value)));
        return Collections.unmodifiableMap(values);
    }
}
