package dev.freshet.source;

import java.util.Set;

/**
 * A column of a table.
 *
 * @param name as it is, unquoted
 * @param type what it holds
 * @param element what the elements hold where the type is {@link ColumnType#ARRAY}; otherwise the type itself
 * @param generated whether the database computes it, in which case the log does not carry it
 */
public record Column(String name, ColumnType type, ColumnType element, boolean generated) {

    /** Whether the log carries its value in a form that Freshet reads; if not, it is read back from the table. */
    public boolean inLog() {
        return !generated && isDecoded();
    }

    /**
     * Whether capture reads its value where it comes. Not so for types that Debezium does not know, and for those of which
     * it throws at a value that PostgreSQL allows, which would end the capture at the same row again and again.
     */
    public boolean isDecoded() {
        return switch (type) {
            case OTHER, TIME_WITH_ZONE -> false;
            case ARRAY -> ELEMENTS.contains(element);
            default -> true;
        };
    }

    /**
     * Of elements of other types Debezium loses values: microseconds, infinities, an array with a NaN as a whole, and an
     * unchanged large array of floats is null to it.
     */
    private static final Set<ColumnType> ELEMENTS = Set.of(ColumnType.BOOLEAN, ColumnType.INTEGER, ColumnType.TEXT);
}
