package dev.freshet.source.debezium;

import dev.freshet.source.Column;
import dev.freshet.source.ColumnType;
import io.debezium.data.Json;
import io.debezium.time.Date;
import io.debezium.time.MicroTime;
import io.debezium.time.MicroTimestamp;
import io.debezium.time.ZonedTimestamp;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.ByteBuffer;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.chrono.IsoEra;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.SignStyle;
import java.time.temporal.ChronoField;
import java.time.temporal.Temporal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.kafka.connect.data.Schema;
import org.jspecify.annotations.Nullable;

/**
 * Turns the values of Debezium's records, as {@link PostgresCapture} configures their forms, into those of
 * {@link dev.freshet.change.Row}: the same that {@link dev.freshet.source.RowReader} reads for the same column.
 */
final class ColumnValues {

    /** Stands for a value that Debezium does not tell apart from others, so that it must be read back. */
    enum Unknown {
        UNKNOWN
    }

    private static final long MICROS_PER_DAY = 86_400_000_000L;

    /** Debezium's infinities: what its driver has for them in milliseconds. */
    private static final long INFINITY = 9_223_372_036_825_200_000L;

    private static final long MINUS_INFINITY = -9_223_372_036_832_400_000L;

    /** PostgreSQL's infinite dates are the ends of the 32-bit days since 2000, which overflow as days since 1970. */
    private static final int INFINITE_DATE = Integer.MAX_VALUE + 10_957;

    private static final int MINUS_INFINITE_DATE = Integer.MIN_VALUE + 10_957;

    private static final String BEFORE_CHRIST = " BC";
    private static final Instant GREGORIAN = Instant.parse("1583-01-01T00:00:00Z");
    private static final int FIRST_YEAR = -4_713;
    private static final int LAST_DATE_YEAR = 5_874_897;
    private static final int LAST_YEAR = 294_246;

    private static final DateTimeFormatter DATE = new DateTimeFormatterBuilder()
            .appendValue(ChronoField.YEAR_OF_ERA, 4, 10, SignStyle.NEVER)
            .appendPattern("-MM-dd")
            .toFormatter(Locale.ROOT);

    private static final DateTimeFormatter DATE_TIME = new DateTimeFormatterBuilder()
            .append(DATE)
            .appendLiteral(' ')
            .append(DateTimeFormatter.ISO_LOCAL_TIME)
            .toFormatter(Locale.ROOT);

    private ColumnValues() {}

    /** Whether Debezium gives values of a column in this form, which it does not any more once its type is altered. */
    static boolean isOf(Column column, Schema form) {
        if (column.type() == ColumnType.ARRAY) {
            return form.type() == Schema.Type.ARRAY && isOf(column.element(), form.valueSchema());
        }
        return isOf(column.type(), form);
    }

    private static boolean isOf(ColumnType type, Schema form) {
        return switch (type) {
            case BOOLEAN -> form.type() == Schema.Type.BOOLEAN;
            case INTEGER -> form.type().getName().startsWith("int") && form.name() == null;
            case FLOAT -> form.type() == Schema.Type.FLOAT32 || form.type() == Schema.Type.FLOAT64;
            case DECIMAL, TEXT, CHARACTER ->
                form.type() == Schema.Type.STRING
                        && !Json.LOGICAL_NAME.equals(form.name())
                        && !ZonedTimestamp.SCHEMA_NAME.equals(form.name());
            case JSON -> Json.LOGICAL_NAME.equals(form.name());
            case DATE -> Date.SCHEMA_NAME.equals(form.name());
            case TIME -> MicroTime.SCHEMA_NAME.equals(form.name());
            case TIMESTAMP -> MicroTimestamp.SCHEMA_NAME.equals(form.name());
            case TIMESTAMP_WITH_ZONE -> ZonedTimestamp.SCHEMA_NAME.equals(form.name());
            case BYTES -> form.type() == Schema.Type.BYTES;
            case TIME_WITH_ZONE, ARRAY, OTHER -> true;
        };
    }

    /** The value, or {@link Unknown}. */
    static @Nullable Object of(Column column, @Nullable Object value) {
        return column.type() == ColumnType.ARRAY ? elements(column.element(), value) : scalar(column.type(), value);
    }

    /**
     * The value as a snapshot has it, or {@link Unknown}. A snapshot passes through the driver's calendar, which loses the
     * era of dates, skips hours that the zone of this program skips, and changes to the Julian one in 1582.
     */
    static @Nullable Object ofSnapshot(Column column, @Nullable Object value) {
        Object read = of(column, value);
        return switch (column.type()) {
            case DATE, TIMESTAMP -> read == null ? null : Unknown.UNKNOWN;
            case TIMESTAMP_WITH_ZONE -> isGregorian(read) ? read : Unknown.UNKNOWN;
            default -> read;
        };
    }

    private static boolean isGregorian(@Nullable Object moment) {
        return switch (moment) {
            case Instant instant -> instant.isAfter(GREGORIAN);
            case String text -> !text.endsWith(BEFORE_CHRIST);
            case null -> true;
            default -> true;
        };
    }

    /** Of an array in several dimensions Debezium gives nulls, or what Java's arrays have for a text. */
    private static @Nullable Object elements(ColumnType type, @Nullable Object value) {
        if (!(value instanceof List<?> list)) {
            return value;
        }
        var values = new ArrayList<@Nullable Object>(list.size());
        for (Object each : list) {
            if (each == null || (each instanceof String text && text.startsWith("[L"))) {
                return Unknown.UNKNOWN;
            }
            values.add(scalar(type, each));
        }
        return values;
    }

    private static @Nullable Object scalar(ColumnType type, @Nullable Object value) {
        if (value == null) {
            return null;
        }
        try {
            return switch (type) {
                case BOOLEAN -> value;
                case INTEGER -> value instanceof Number number ? (Object) number.longValue() : value;
                case FLOAT -> value instanceof Float number ? real(number) : Double.valueOf(value.toString());
                case DECIMAL -> decimal(value.toString());
                case JSON -> ColumnType.json(value.toString());
                case DATE -> value instanceof Number days ? date(days.longValue()) : value.toString();
                case TIME -> value instanceof Number micros ? time(micros.longValue()) : value.toString();
                case TIMESTAMP -> value instanceof Number micros ? timestamp(micros.longValue()) : value.toString();
                case TIMESTAMP_WITH_ZONE -> timestampWithZone(value.toString());
                case BYTES -> value instanceof ByteBuffer buffer ? EventDecoder.bytes(buffer) : value;
                case CHARACTER -> type.parse(value.toString());
                case TEXT, TIME_WITH_ZONE, ARRAY, OTHER -> value.toString();
            };
        } catch (DateTimeException | NumberFormatException e) {
            return value.toString();
        }
    }

    /** By its shortest text, as PostgreSQL writes it: Java writes two digits at least, which differ for the smallest. */
    private static Double real(float value) {
        if (!Float.isFinite(value) || value == 0) {
            return (double) value;
        }
        var shortest = new BigDecimal(Float.toString(value));
        BigDecimal digit = shortest.round(new MathContext(1));
        return (digit.floatValue() == value ? digit : shortest).doubleValue();
    }

    private static Object decimal(String text) {
        return switch (text) {
            case "NAN" -> "NaN";
            case "POSITIVE_INFINITY" -> "Infinity";
            case "NEGATIVE_INFINITY" -> "-Infinity";
            default -> new BigDecimal(text);
        };
    }

    private static Object date(long days) {
        if (days == INFINITE_DATE) {
            return "infinity";
        }
        if (days == MINUS_INFINITE_DATE) {
            return "-infinity";
        }
        var date = LocalDate.ofEpochDay(days);
        if (date.getYear() < FIRST_YEAR || date.getYear() > LAST_DATE_YEAR) {
            return Unknown.UNKNOWN;
        }
        return ColumnType.isPlainYear(date.getYear()) ? date : DATE.format(date) + era(date);
    }

    private static Object time(long micros) {
        return micros >= MICROS_PER_DAY ? "24:00:00" : LocalTime.ofNanoOfDay(micros * 1_000);
    }

    /** The last 30 of PostgreSQL's years do not fit into 64 bits of microseconds since 1970. */
    private static Object timestamp(long micros) {
        if (micros == INFINITY) {
            return "infinity";
        }
        if (micros == MINUS_INFINITY) {
            return "-infinity";
        }
        long second = Math.floorDiv(micros, 1_000_000L);
        var moment = LocalDateTime.ofEpochSecond(second, (int) (micros - second * 1_000_000) * 1_000, ZoneOffset.UTC);
        if (moment.getYear() < FIRST_YEAR || moment.getYear() > LAST_YEAR) {
            return Unknown.UNKNOWN;
        }
        return ColumnType.isPlainYear(moment.getYear()) ? moment : DATE_TIME.format(moment) + era(moment);
    }

    private static Object timestampWithZone(String text) {
        OffsetDateTime moment = OffsetDateTime.parse(text).withOffsetSameInstant(ZoneOffset.UTC);
        return ColumnType.isPlainYear(moment.getYear())
                ? moment.toInstant()
                : DATE_TIME.format(moment) + "+00" + era(moment);
    }

    private static String era(Temporal date) {
        return date.get(ChronoField.ERA) == IsoEra.BCE.getValue() ? BEFORE_CHRIST : "";
    }
}
