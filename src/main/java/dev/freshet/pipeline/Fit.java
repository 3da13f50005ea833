package dev.freshet.pipeline;

import dev.freshet.document.Mapping;
import dev.freshet.source.Column;
import dev.freshet.source.ColumnType;
import dev.freshet.source.Table;
import java.util.Collections;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Whether the columns of a table are those that a mapping needs.
 *
 * @param missing the columns that the mapping reads and the table does not have, sorted
 * @param tenant the type of the tenant's column where it cannot be one
 */
public record Fit(Set<String> missing, @Nullable ColumnType tenant) {

    public Fit {
        missing = Collections.unmodifiableSet(new TreeSet<>(missing));
    }

    /** How a mapping fits the table. */
    public static Fit of(Mapping mapping, Table table) {
        var missing = new TreeSet<>(mapping.columns());
        table.columns().stream().map(Column::name).forEach(missing::remove);
        String tenant = mapping.tenant();
        Optional<ColumnType> unsuited = tenant == null
                ? Optional.empty()
                : table.column(tenant).map(Column::type).filter(type -> !canBeTenant(type));
        return new Fit(missing, unsuited.orElse(null));
    }

    private static boolean canBeTenant(ColumnType type) {
        return switch (type) {
            case TEXT, CHARACTER, INTEGER, DECIMAL, BOOLEAN, OTHER -> true;
            case FLOAT, JSON, DATE, TIME, TIME_WITH_ZONE, TIMESTAMP, TIMESTAMP_WITH_ZONE, BYTES, ARRAY -> false;
        };
    }

    /** Why the mapping cannot take any row of the table; empty if it may. */
    public Optional<String> problem(Mapping mapping) {
        if (!missing.isEmpty()) {
            return Optional.of(
                    "table %s has no column %s any more".formatted(mapping.table(), String.join(", ", missing)));
        }
        return tenant == null ? Optional.empty() : Optional.of(unsuitedTenant(mapping, tenant));
    }

    private static String unsuitedTenant(Mapping mapping, ColumnType type) {
        return "column %s is its tenant, and is of type %s".formatted(mapping.tenant(), described(type));
    }

    /** A type as people call it. */
    public static String described(ColumnType type) {
        return type.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
