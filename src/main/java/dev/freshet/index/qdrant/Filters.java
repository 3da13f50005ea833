package dev.freshet.index.qdrant;

import com.google.protobuf.Timestamp;
import dev.freshet.index.Filter;
import dev.freshet.index.IndexException;
import io.qdrant.client.grpc.Common;
import io.qdrant.client.grpc.Common.Condition;
import io.qdrant.client.grpc.Common.DatetimeRange;
import io.qdrant.client.grpc.Common.FieldCondition;
import io.qdrant.client.grpc.Common.Match;
import io.qdrant.client.grpc.Common.RepeatedStrings;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Turns a {@link Filter} into Qdrant's, for a layout of the payload. */
final class Filters {

    /** From here on a double no longer tells every integer from the next. */
    private static final long EXACT_IN_DOUBLE = 1L << 53;

    private final Layout layout;

    Filters(Layout layout) {
        this.layout = layout;
    }

    /**
     * What chunks must satisfy.
     *
     * @throws IndexException if a range's bounds are not all numbers or all times
     */
    Common.Filter of(Filter filter) {
        var all = Common.Filter.newBuilder();
        filter.conditions().forEach(condition -> {
            switch (condition) {
                case Filter.AnyOf anyOf -> all.addMust(anyOf(anyOf));
                case Filter.Range range -> {
                    if (hasBounds(range)) {
                        all.addMust(range(range));
                    }
                }
            }
        });
        return all.build();
    }

    /** Points whose field is one of the texts. */
    static Common.Filter anyOf(String path, List<String> texts) {
        return Common.Filter.newBuilder().addMust(keywords(path, texts)).build();
    }

    private Condition anyOf(Filter.AnyOf anyOf) {
        List<String> texts = anyOf.values().stream()
                .filter(String.class::isInstance)
                .map(String.class::cast)
                .toList();
        var any = Common.Filter.newBuilder();
        for (String path : paths(anyOf.field())) {
            if (!texts.isEmpty()) {
                any.addShould(keywords(path, texts));
            }
            for (Object value : anyOf.values()) {
                switch (value) {
                    case Boolean flag ->
                        any.addShould(match(path, Match.newBuilder().setBoolean(flag)));
                    case Number number -> any.addShould(equalTo(path, number));
                    default -> {
                        // Texts are there already.
                    }
                }
            }
        }
        return any.getShouldCount() == 0 ? nothing() : nested(any);
    }

    /** By value: 5 and 5.0 are the same number, whichever of them the payload has. */
    private static Condition equalTo(String path, Number number) {
        if (Values.isInteger(number) && Math.abs(number.longValue()) > EXACT_IN_DOUBLE) {
            return match(path, Match.newBuilder().setInteger(number.longValue()));
        }
        double value = number.doubleValue();
        return field(FieldCondition.newBuilder()
                .setKey(path)
                .setRange(Common.Range.newBuilder().setGte(value).setLte(value)));
    }

    private static Condition keywords(String path, List<String> texts) {
        return match(
                path,
                Match.newBuilder().setKeywords(RepeatedStrings.newBuilder().addAllStrings(texts)));
    }

    private static Condition match(String path, Match.Builder match) {
        return field(FieldCondition.newBuilder().setKey(path).setMatch(match));
    }

    private static Condition field(FieldCondition.Builder field) {
        return Condition.newBuilder().setField(field).build();
    }

    private static Condition nested(Common.Filter.Builder filter) {
        return Condition.newBuilder().setFilter(filter).build();
    }

    /** No point has none of all ids. */
    private static Condition nothing() {
        return Condition.newBuilder()
                .setHasId(Common.HasIdCondition.getDefaultInstance())
                .build();
    }

    private static boolean hasBounds(Filter.Range range) {
        return bounds(range).findAny().isPresent();
    }

    private static Stream<Object> bounds(Filter.Range range) {
        return Stream.of(range.atLeast(), range.above(), range.atMost(), range.below())
                .filter(Objects::nonNull);
    }

    private Condition range(Filter.Range range) {
        var any = Common.Filter.newBuilder();
        for (String path : paths(range.field())) {
            var field = FieldCondition.newBuilder().setKey(path);
            if (bounds(range).allMatch(Number.class::isInstance)) {
                field.setRange(numbers(range));
            } else if (bounds(range).allMatch(String.class::isInstance)) {
                field.setDatetimeRange(times(range));
            } else {
                throw refused(range, "its bounds must be all numbers or all times");
            }
            any.addShould(field(field));
        }
        return any.getShouldCount() == 0 ? nothing() : nested(any);
    }

    private static Common.Range numbers(Filter.Range range) {
        var numbers = Common.Range.newBuilder();
        if (range.atLeast() instanceof Number bound) {
            numbers.setGte(bound.doubleValue());
        }
        if (range.above() instanceof Number bound) {
            numbers.setGt(bound.doubleValue());
        }
        if (range.atMost() instanceof Number bound) {
            numbers.setLte(bound.doubleValue());
        }
        if (range.below() instanceof Number bound) {
            numbers.setLt(bound.doubleValue());
        }
        return numbers.build();
    }

    private static DatetimeRange times(Filter.Range range) {
        var times = DatetimeRange.newBuilder();
        if (range.atLeast() != null) {
            times.setGte(time(range, range.atLeast()));
        }
        if (range.above() != null) {
            times.setGt(time(range, range.above()));
        }
        if (range.atMost() != null) {
            times.setLte(time(range, range.atMost()));
        }
        if (range.below() != null) {
            times.setLt(time(range, range.below()));
        }
        return times.build();
    }

    private static Timestamp time(Filter.Range range, @Nullable Object bound) {
        Instant instant = Times.parse(String.valueOf(bound))
                .orElseThrow(() -> refused(range, "'" + bound + "' is not an ISO 8601 date or time"));
        return Timestamp.newBuilder()
                .setSeconds(instant.getEpochSecond())
                .setNanos(instant.getNano())
                .build();
    }

    private static IndexException refused(Filter.Range range, String why) {
        return new IndexException(
                IndexException.Kind.PERMANENT, "The range on '" + range.field() + "' is wrong: " + why, null);
    }

    /** Where a field of a filter stands; a name with dots may be one of its own, or lead into objects. */
    private List<String> paths(String field) {
        String own = switch (field) {
            case "tenant" -> Layout.TENANT;
            case "mapping" -> Layout.MAPPING;
            case "id" -> Layout.ID;
            default -> "";
        };
        if (!own.isEmpty()) {
            return List.of(layout.ownPath(own));
        }
        var paths = new ArrayList<String>();
        if (field.indexOf('"') < 0 && field.indexOf('\\') < 0) {
            paths.add(metadataPath(Arrays.asList(field.split("\\.", -1))));
            if (field.indexOf('.') >= 0) {
                paths.add(metadataPath(List.of(field)));
            }
        }
        return paths;
    }

    /** The path that Qdrant knows for names that lead into the metadata; they must not have quotes or backslashes. */
    String metadataPath(List<String> names) {
        String path = names.stream()
                .map(name -> name.matches("[A-Za-z0-9_]+") ? name : '"' + name + '"')
                .collect(Collectors.joining("."));
        return layout.metadata().isEmpty() ? path : layout.metadata() + "." + path;
    }
}
