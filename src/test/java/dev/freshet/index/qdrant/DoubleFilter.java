package dev.freshet.index.qdrant;

import com.google.protobuf.Timestamp;
import io.grpc.Status;
import io.qdrant.client.grpc.Common.Condition;
import io.qdrant.client.grpc.Common.DatetimeRange;
import io.qdrant.client.grpc.Common.FieldCondition;
import io.qdrant.client.grpc.Common.Filter;
import io.qdrant.client.grpc.Common.Match;
import io.qdrant.client.grpc.Common.Range;
import io.qdrant.client.grpc.JsonWithInt.Value;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Evaluates filters of the {@link QdrantDouble} as the server does where a field's index is of no use. */
final class DoubleFilter {

    private static final Pattern STEP = Pattern.compile("\\.?(?:\"([^\"\\\\]*)\"|([\\p{L}\\p{N}_-]+))");

    /** What an index of a field hides: an integer index does not see fractions. */
    interface Indexes {
        boolean isInteger(String path);
    }

    private final Indexes indexes;
    private final IdentityHashMap<Match, Set<String>> keywords = new IdentityHashMap<>();

    DoubleFilter(Indexes indexes) {
        this.indexes = indexes;
    }

    boolean matches(Filter filter, String id, Map<String, Value> payload) {
        return filter.getMustList().stream().allMatch(each -> matches(each, id, payload))
                && filter.getMustNotList().stream().noneMatch(each -> matches(each, id, payload))
                && (filter.getShouldCount() == 0
                        || filter.getShouldList().stream().anyMatch(each -> matches(each, id, payload)));
    }

    private boolean matches(Condition condition, String id, Map<String, Value> payload) {
        return switch (condition.getConditionOneOfCase()) {
            case FIELD -> matches(condition.getField(), payload);
            case FILTER -> matches(condition.getFilter(), id, payload);
            case HAS_ID ->
                condition.getHasId().getHasIdList().stream()
                        .anyMatch(each -> each.getUuid().equals(id));
            default -> throw invalid("the double knows no condition " + condition.getConditionOneOfCase());
        };
    }

    private boolean matches(FieldCondition field, Map<String, Value> payload) {
        for (Value value : values(field.getKey(), payload)) {
            List<Value> each = value.hasListValue() ? value.getListValue().getValuesList() : List.of(value);
            if (each.stream().anyMatch(one -> matchesOne(field, one))) {
                return true;
            }
        }
        return false;
    }

    private boolean matchesOne(FieldCondition field, Value value) {
        if (field.hasMatch()) {
            return matches(field.getMatch(), value);
        }
        if (field.hasRange()) {
            return !(indexes.isInteger(field.getKey()) && !value.hasIntegerValue())
                    && number(value)
                            .filter(number -> within(field.getRange(), number))
                            .isPresent();
        }
        return field.hasDatetimeRange()
                && value.hasStringValue()
                && time(value.getStringValue())
                        .filter(time -> within(field.getDatetimeRange(), time))
                        .isPresent();
    }

    private boolean matches(Match match, Value value) {
        return switch (match.getMatchValueCase()) {
            case KEYWORD -> value.hasStringValue() && value.getStringValue().equals(match.getKeyword());
            case KEYWORDS ->
                value.hasStringValue()
                        && keywords.computeIfAbsent(
                                        match,
                                        each -> Set.copyOf(each.getKeywords().getStringsList()))
                                .contains(value.getStringValue());
            case INTEGER -> value.hasIntegerValue() && value.getIntegerValue() == match.getInteger();
            case INTEGERS ->
                value.hasIntegerValue() && match.getIntegers().getIntegersList().contains(value.getIntegerValue());
            case BOOLEAN -> value.hasBoolValue() && value.getBoolValue() == match.getBoolean();
            default -> throw invalid("the double knows no match " + match.getMatchValueCase());
        };
    }

    private static Optional<Double> number(Value value) {
        return switch (value.getKindCase()) {
            case INTEGER_VALUE -> Optional.of((double) value.getIntegerValue());
            case DOUBLE_VALUE -> Optional.of(value.getDoubleValue());
            default -> Optional.empty();
        };
    }

    private static boolean within(Range range, double number) {
        return !(range.hasGte() && number < range.getGte())
                && !(range.hasGt() && number <= range.getGt())
                && !(range.hasLte() && number > range.getLte())
                && !(range.hasLt() && number >= range.getLt());
    }

    private static boolean within(DatetimeRange range, Instant time) {
        return !(range.hasGte() && time.isBefore(instant(range.getGte())))
                && !(range.hasGt() && !time.isAfter(instant(range.getGt())))
                && !(range.hasLte() && time.isAfter(instant(range.getLte())))
                && !(range.hasLt() && !time.isBefore(instant(range.getLt())));
    }

    private static Instant instant(Timestamp timestamp) {
        return Instant.ofEpochSecond(timestamp.getSeconds(), timestamp.getNanos());
    }

    private static Optional<Instant> time(String text) {
        List<java.util.function.Function<String, Instant>> readings = List.of(
                each -> OffsetDateTime.parse(each).toInstant(),
                each -> LocalDateTime.parse(each).toInstant(ZoneOffset.UTC),
                each -> LocalDate.parse(each).atStartOfDay().toInstant(ZoneOffset.UTC));
        for (var reading : readings) {
            try {
                return Optional.of(reading.apply(text));
            } catch (DateTimeParseException e) {
                // The next reading may fit.
            }
        }
        return Optional.empty();
    }

    /** The values at a path; a list on the way stands for each of its elements only where the path says so. */
    static List<Value> values(String path, Map<String, Value> payload) {
        List<String> steps = steps(path);
        var found = new ArrayList<Value>();
        walk(steps, 0, payload, found::add);
        return found;
    }

    private static void walk(List<String> steps, int at, Map<String, Value> fields, Consumer<Value> found) {
        Value value = fields.get(steps.get(at));
        if (value == null) {
            return;
        }
        if (at == steps.size() - 1) {
            found.accept(value);
        } else if (value.hasStructValue()) {
            walk(steps, at + 1, value.getStructValue().getFieldsMap(), found);
        }
    }

    static List<String> steps(String path) {
        var steps = new ArrayList<String>();
        Matcher matcher = STEP.matcher(path);
        int end = 0;
        while (end < path.length() && matcher.find(end) && matcher.start() == end) {
            steps.add(matcher.group(1) == null ? matcher.group(2) : matcher.group(1));
            end = matcher.end();
        }
        if (end != path.length() || steps.isEmpty()) {
            throw invalid("Failed to convert json path " + path);
        }
        return steps;
    }

    private static RuntimeException invalid(String why) {
        return Status.INVALID_ARGUMENT.withDescription(why).asRuntimeException();
    }
}
