package dev.freshet.document;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A row's values as people write them, for the text of a document. */
final class ValueText {

    /** Past this many digits on one side of the point a number is written with an exponent, lest it fill the memory. */
    private static final int MOST_PLAIN_DIGITS = 1000;

    private ValueText() {}

    /**
     * The value as text: null as nothing, numbers without exponent and needless {@code .0}, times in ISO 8601, a list by
     * its elements with commas between (nulls left out), an object as compact JSON sorted by key, bytes in Base64.
     *
     * @throws IllegalArgumentException if it is nothing that a {@link dev.freshet.change.Row} may hold
     */
    static String of(@Nullable Object value) {
        return switch (value) {
            case null -> "";
            case String s -> s;
            case Long l -> l.toString();
            case Double d -> ofDouble(d);
            case BigDecimal d -> Math.abs((long) d.scale()) > MOST_PLAIN_DIGITS ? d.toString() : d.toPlainString();
            case List<?> list ->
                list.stream().filter(Objects::nonNull).map(ValueText::ofElement).collect(Collectors.joining(", "));
            case Map<?, ?> map -> JsonValue.write(map);
            default -> String.valueOf(JsonValue.of(value));
        };
    }

    private static String ofElement(Object element) {
        return element instanceof List<?> list ? JsonValue.write(list) : of(element);
    }

    private static String ofDouble(double value) {
        double size = Math.abs(value);
        if (value == 0 || (size >= 1e-6 && size < 1e15)) {
            return new BigDecimal(Double.toString(value)).stripTrailingZeros().toPlainString();
        }
        return Double.toString(value);
    }
}
