package dev.freshet.index.lucene;

import dev.freshet.index.Filter;
import dev.freshet.index.IndexException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.ToLongFunction;
import org.apache.lucene.document.LongPoint;
import org.apache.lucene.search.BooleanClause.Occur;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.MatchNoDocsQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.TermInSetQuery;
import org.jspecify.annotations.Nullable;

/** Turns a {@link Filter} into a Lucene query over what {@link Entries} writes. */
final class FilterQueries {

    private FilterQueries() {}

    /**
     * The chunks that satisfy the filter.
     *
     * @throws IndexException if a range's bounds are not all numbers or all times
     */
    static Query of(Filter filter) {
        var query = new BooleanQuery.Builder().add(Entries.ALL_CHUNKS, Occur.FILTER);
        for (Filter.Condition condition : filter.conditions()) {
            query.add(of(condition), Occur.FILTER);
        }
        return query.build();
    }

    private static Query of(Filter.Condition condition) {
        return switch (condition) {
            case Filter.AnyOf anyOf -> anyOf(anyOf);
            case Filter.Range range -> range(range);
        };
    }

    private static Query anyOf(Filter.AnyOf anyOf) {
        if (anyOf.values().isEmpty()) {
            return new MatchNoDocsQuery("no value to equal");
        }
        return new TermInSetQuery(
                FilterValues.TERMS,
                anyOf.values().stream()
                        .map(value -> FilterValues.term(anyOf.field(), value))
                        .toList());
    }

    private static Query range(Filter.Range range) {
        List<Object> bounds = new ArrayList<>();
        addIfPresent(bounds, range.atLeast());
        addIfPresent(bounds, range.above());
        addIfPresent(bounds, range.atMost());
        addIfPresent(bounds, range.below());
        if (bounds.isEmpty()) {
            return Entries.ALL_CHUNKS;
        }
        if (bounds.stream().allMatch(Number.class::isInstance)) {
            return points(FilterValues.NUMBERS, range, bound -> FilterValues.sortable((Number) bound));
        }
        if (bounds.stream().allMatch(String.class::isInstance)) {
            return points(FilterValues.TIMES, range, bound -> micros(range, (String) bound));
        }
        throw refused(range, "its bounds must be all numbers or all times");
    }

    private static void addIfPresent(List<Object> bounds, @Nullable Object bound) {
        if (bound != null) {
            bounds.add(bound);
        }
    }

    private static long micros(Filter.Range range, String bound) {
        OptionalLong micros = FilterValues.micros(bound);
        if (micros.isEmpty()) {
            throw refused(range, "'" + bound + "' is not an ISO 8601 date or time");
        }
        return micros.getAsLong();
    }

    private static Query points(String points, Filter.Range range, ToLongFunction<Object> value) {
        long lowest = Long.MIN_VALUE;
        long highest = Long.MAX_VALUE;
        if (range.atLeast() != null) {
            lowest = value.applyAsLong(range.atLeast());
        }
        if (range.above() != null) {
            long above = value.applyAsLong(range.above());
            if (above == Long.MAX_VALUE) {
                return new MatchNoDocsQuery("nothing is above the highest");
            }
            lowest = Math.max(lowest, above + 1);
        }
        if (range.atMost() != null) {
            highest = value.applyAsLong(range.atMost());
        }
        if (range.below() != null) {
            long below = value.applyAsLong(range.below());
            if (below == Long.MIN_VALUE) {
                return new MatchNoDocsQuery("nothing is below the lowest");
            }
            highest = Math.min(highest, below - 1);
        }
        if (lowest > highest) {
            return new MatchNoDocsQuery("empty range");
        }
        long name = FilterValues.nameHash(range.field());
        return LongPoint.newRangeQuery(points, new long[] {name, lowest}, new long[] {name, highest});
    }

    private static IndexException refused(Filter.Range range, String why) {
        return new IndexException(
                IndexException.Kind.PERMANENT, "The range on '" + range.field() + "' is wrong: " + why, null);
    }
}
