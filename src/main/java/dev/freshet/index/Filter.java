package dev.freshet.index;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a hit must satisfy: every condition. Fields are metadata names, with a dot into objects; {@code tenant},
 * {@code mapping} and {@code id} name the document's own. A field that holds a list satisfies a condition when one of
 * its elements does.
 */
public record Filter(List<Condition> conditions) {

    /** Every hit passes. */
    public static final Filter NONE = new Filter(List.of());

    public Filter {
        conditions = List.copyOf(conditions);
    }

    /** This one, and the tenant beside it: whatever this one says, only that tenant's documents pass both. */
    public Filter ofTenant(String tenant) {
        var all = new ArrayList<>(conditions);
        all.add(new AnyOf("tenant", List.of(tenant)));
        return new Filter(all);
    }

    /** One condition on one field. */
    public sealed interface Condition {

        /** The field it is about. */
        String field();
    }

    /** The field equals one of the values (String, Boolean, Long, Double). */
    public record AnyOf(String field, List<Object> values) implements Condition {

        public AnyOf {
            values = List.copyOf(values);
        }
    }

    /**
     * The field lies within the bounds, each a number or a string with an ISO 8601 time or date; an absent bound does
     * not restrict.
     */
    public record Range(
            String field,
            @Nullable Object atLeast,
            @Nullable Object above,
            @Nullable Object atMost,
            @Nullable Object below)
            implements Condition {}
}
