package dev.freshet.index.lucene;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.OptionalLong;
import org.apache.lucene.util.BytesRef;
import org.apache.lucene.util.NumericUtils;
import org.apache.lucene.util.StringHelper;

/**
 * How values of metadata look in the index, for writing and for filtering alike.
 *
 * <p>All metadata share three Lucene fields: the terms of one carry the metadata's name before the value, the points of
 * the two others a hash of the name as their first dimension. One Lucene field per name would grow without bound where
 * a table keeps maps with free keys.
 */
final class FilterValues {

    /** Terms: name and value, for equality. */
    static final String TERMS = "filter";
    /** Points: hash of the name, number. */
    static final String NUMBERS = "number";
    /** Points: hash of the name, microseconds since 1970. */
    static final String TIMES = "time";

    private static final long MICROS = 1_000_000;

    private FilterValues() {}

    /** Strings, booleans and numbers are different even where they look alike; numbers are equal by value. */
    static BytesRef term(String name, Object value) {
        String typed = switch (value) {
            case Boolean flag -> "b" + flag;
            case Number number -> "n" + canonical(number);
            default -> "s" + value;
        };
        return Terms.of(name + '\0' + typed);
    }

    private static String canonical(Number number) {
        return switch (number) {
            case BigDecimal decimal -> canonical(decimal);
            case BigInteger integer -> canonical(new BigDecimal(integer));
            case Double d -> Double.isFinite(d) ? canonical(BigDecimal.valueOf(d)) : d.toString();
            default -> canonical(new BigDecimal(number.toString()));
        };
    }

    private static String canonical(BigDecimal decimal) {
        return decimal.stripTrailingZeros().toString();
    }

    /** Stands for the name in points. */
    static long nameHash(String name) {
        return StringHelper.murmurhash3_x64_128(new BytesRef(name))[0];
    }

    /** Numbers as longs of the same order, to the precision of a double. */
    static long sortable(Number number) {
        // Adding zero makes -0.0 and 0.0 one.
        return NumericUtils.doubleToSortableLong(number.doubleValue() + 0.0);
    }

    /**
     * Microseconds since 1970 of an ISO 8601 date or time, if it is one: without offset it is UTC, a date is its
     * midnight; what is too far away for microseconds counts as the farthest there is.
     */
    static OptionalLong micros(String text) {
        if (!looksLikeDate(text)) {
            return OptionalLong.empty();
        }
        try {
            if (text.indexOf('T') < 0) {
                return OptionalLong.of(
                        micros(LocalDate.parse(text).atStartOfDay().toInstant(ZoneOffset.UTC)));
            }
            var time = DateTimeFormatter.ISO_DATE_TIME.parseBest(text, OffsetDateTime::from, LocalDateTime::from);
            return OptionalLong.of(micros(
                    time instanceof OffsetDateTime withOffset
                            ? withOffset.toInstant()
                            : ((LocalDateTime) time).toInstant(ZoneOffset.UTC)));
        } catch (DateTimeException e) {
            return OptionalLong.empty();
        }
    }

    private static long micros(Instant instant) {
        long seconds = instant.getEpochSecond();
        long farthest = Long.MAX_VALUE / MICROS - 1;
        if (Math.abs(seconds) > farthest) {
            return seconds > 0 ? Long.MAX_VALUE : Long.MIN_VALUE;
        }
        return seconds * MICROS + instant.getNano() / 1_000;
    }

    /** Cheap, because most strings are no dates and parsing them to find out costs an exception each. */
    private static boolean looksLikeDate(String text) {
        if (text.length() < 10 || text.length() > 64) {
            return false;
        }
        char first = text.charAt(0);
        return first == '+'
                || first == '-'
                || (Character.isDigit(first) && text.charAt(4) == '-' && text.charAt(7) == '-');
    }
}
