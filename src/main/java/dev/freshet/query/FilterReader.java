package dev.freshet.query;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freshet.index.Filter;
import dev.freshet.index.Filter.AnyOf;
import dev.freshet.index.Filter.Condition;
import dev.freshet.index.Filter.Range;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoField;
import java.time.temporal.TemporalAccessor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads filters: of a command line and a URL ({@code category=billing}, {@code price>=10}), and of JSON. */
public final class FilterReader {

    private static final Pattern TEXT = Pattern.compile("([^=<>\\s]+)\\s*(>=|<=|=|>|<)\\s*(.*)", Pattern.DOTALL);
    private static final Pattern TIME =
            Pattern.compile("\\d{4}-\\d{2}-\\d{2}(T\\d{2}:\\d{2}(:\\d{2}(\\.\\d+)?)?(Z|[+-]\\d{2}:\\d{2})?)?");
    private static final Set<String> BOUNDS = new TreeSet<>(Set.of("gte", "gt", "lte", "lt"));

    /** What an index answers in no time; nobody types more. */
    private static final int MOST_CONDITIONS = 64;

    private static final int MOST_VALUES = 1_000;
    private static final int LONGEST = 4_096;

    private FilterReader() {}

    /**
     * Reads conditions as people type them; several {@code =} on one field mean any of them, everything else must hold
     * together.
     *
     * @throws InvalidRequest if one cannot be read
     */
    public static Filter ofTexts(List<String> texts) {
        var equal = new LinkedHashMap<String, List<Object>>();
        var conditions = new ArrayList<Condition>();
        for (String text : texts) {
            Matcher matcher = TEXT.matcher(text);
            if (!matcher.matches()) {
                throw new InvalidRequest(
                        "the filter '" + text + "' cannot be read; write field=value, or >=, <=, >, < for a range");
            }
            String field = matcher.group(1);
            String value = matcher.group(3);
            // Telling numbers from others takes time that grows with the square of the length.
            if (value.length() > LONGEST) {
                throw new InvalidRequest("the value for '%s' in the filter has %d characters; it can have %d"
                        .formatted(excerpt(field), value.length(), LONGEST));
            }
            switch (matcher.group(2)) {
                case "=" ->
                    equal.computeIfAbsent(field, name -> new ArrayList<>()).addAll(readings(value));
                case ">=" -> conditions.add(new Range(field, bound(field, value), null, null, null));
                case ">" -> conditions.add(new Range(field, null, bound(field, value), null, null));
                case "<=" -> conditions.add(new Range(field, null, null, bound(field, value), null));
                default -> conditions.add(new Range(field, null, null, null, bound(field, value)));
            }
        }
        equal.forEach((field, values) -> conditions.add(new AnyOf(field, values)));
        return limited(conditions);
    }

    /** A text without quotes may mean a string, a number or a boolean. */
    private static List<Object> readings(String value) {
        var readings = new ArrayList<Object>();
        readings.add(value);
        if (value.equals("true") || value.equals("false")) {
            readings.add(Boolean.valueOf(value));
        }
        Object number = number(value);
        if (number != null) {
            readings.add(number);
        }
        return readings;
    }

    private static Object bound(String field, String value) {
        Object number = number(value);
        return number == null ? time(field, value) : number;
    }

    /** A range is over numbers or over times; anything else has no order that the index knows. */
    private static String time(String field, String value) {
        if (!TIME.matcher(value).matches() || !isTime(value)) {
            throw new InvalidRequest(
                    "filter on '%s': '%s' is no bound; it must be a number, or a time such as 2026-03-14 or 2026-03-14T09:30:00Z"
                            .formatted(field, value));
        }
        return value;
    }

    /** There is no 31st of February, and the index knows none. */
    private static boolean isTime(String value) {
        try {
            TemporalAccessor time = value.indexOf('T') < 0
                    ? LocalDate.parse(value)
                    : DateTimeFormatter.ISO_DATE_TIME.parseBest(value, OffsetDateTime::from, LocalDateTime::from);
            return time.isSupported(ChronoField.YEAR);
        } catch (DateTimeException e) {
            return false;
        }
    }

    private static String excerpt(String text) {
        return text.length() <= 60 ? text : text.substring(0, 60) + "...";
    }

    private static @Nullable Object number(String value) {
        if (value.matches("[+-]?\\d{1,18}")) {
            return Long.valueOf(value);
        }
        return value.matches("[+-]?\\d*\\.?\\d+([eE][+-]?\\d+)?") ? Double.valueOf(value) : null;
    }

    /**
     * Reads a JSON object: {@code {"category": "billing", "tag": ["a", "b"], "price": {"gte": 10}}}.
     *
     * @throws InvalidRequest if it is something else
     */
    public static Filter ofJson(@Nullable JsonNode json) {
        if (json == null || json.isNull() || json.isMissingNode()) {
            return Filter.NONE;
        }
        if (!json.isObject()) {
            throw new InvalidRequest("filter must be an object of fields, such as {\"category\": \"billing\"}");
        }
        var conditions = new ArrayList<Condition>();
        for (Map.Entry<String, JsonNode> entry : json.properties()) {
            conditions.add(condition(entry.getKey(), entry.getValue()));
        }
        return limited(conditions);
    }

    private static Filter limited(List<Condition> conditions) {
        if (conditions.size() > MOST_CONDITIONS) {
            throw new InvalidRequest(
                    "the filter has %d conditions; it can have %d".formatted(conditions.size(), MOST_CONDITIONS));
        }
        int values = 0;
        for (Condition condition : conditions) {
            if (condition.field().length() > LONGEST) {
                throw new InvalidRequest("a field of the filter has more than " + LONGEST + " characters");
            }
            values += condition instanceof AnyOf anyOf ? anyOf.values().size() : 1;
        }
        if (values > MOST_VALUES) {
            throw new InvalidRequest("the filter has %d values; it can have %d".formatted(values, MOST_VALUES));
        }
        return new Filter(conditions);
    }

    private static Condition condition(String field, JsonNode value) {
        if (value.isObject()) {
            return range(field, value);
        }
        var values = new ArrayList<Object>();
        if (value.isArray()) {
            value.forEach(each -> values.add(scalar(field, each)));
        } else {
            values.add(scalar(field, value));
        }
        return new AnyOf(field, values);
    }

    private static Range range(String field, JsonNode bounds) {
        for (Map.Entry<String, JsonNode> bound : bounds.properties()) {
            if (!BOUNDS.contains(bound.getKey())) {
                throw new InvalidRequest("filter on '%s': '%s' is no bound; there are %s"
                        .formatted(field, bound.getKey(), String.join(", ", BOUNDS)));
            }
        }
        if (bounds.isEmpty()) {
            throw new InvalidRequest("filter on '" + field + "': a range needs a bound, such as {\"gte\": 10}");
        }
        var range = new Range(
                field,
                optional(field, bounds.get("gte")),
                optional(field, bounds.get("gt")),
                optional(field, bounds.get("lte")),
                optional(field, bounds.get("lt")));
        long times = Stream.of(range.atLeast(), range.above(), range.atMost(), range.below())
                .filter(String.class::isInstance)
                .count();
        if (times != 0 && times != bounds.size()) {
            throw new InvalidRequest("filter on '" + field + "': the bounds must be all numbers or all times");
        }
        return range;
    }

    private static @Nullable Object optional(String field, @Nullable JsonNode value) {
        if (value == null) {
            return null;
        }
        return switch (scalar(field, value)) {
            case String text -> time(field, text);
            case Number number -> number;
            default -> throw new InvalidRequest("filter on '" + field + "': a bound must be a number or a time");
        };
    }

    private static Object scalar(String field, JsonNode value) {
        return switch (value.getNodeType()) {
            case STRING -> value.textValue();
            case BOOLEAN -> value.booleanValue();
            case NUMBER ->
                value.isIntegralNumber() && value.canConvertToLong() ? (Object) value.longValue() : value.doubleValue();
            case ARRAY, BINARY, MISSING, NULL, OBJECT, POJO ->
                throw new InvalidRequest(
                        "filter on '" + field + "': " + value.getNodeType() + " is no value to compare with");
        };
    }
}
