package dev.freshet.source;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a column holds, as far as Freshet tells values apart, and how its text form is read. Values that have no Java form
 * which PostgreSQL reads too ({@code infinity}, {@code 24:00:00}, {@code NaN} of a numeric, years before 1 and after
 * 9999) stay text as PostgreSQL writes them.
 */
public enum ColumnType {
    BOOLEAN,
    INTEGER,
    FLOAT,
    DECIMAL,
    TEXT,
    /** {@code char(n)}: without the blanks that pad it, which mean nothing in PostgreSQL either. */
    CHARACTER,
    JSON,
    DATE,
    TIME,
    TIME_WITH_ZONE,
    TIMESTAMP,
    TIMESTAMP_WITH_ZONE,
    BYTES,
    ARRAY,
    /** Anything else: not taken from the log, read back from the database as text when a mapping uses it. */
    OTHER;

    /**
     * Beyond it a JSON text stays text. Whoever handles values goes down into them, and so do the messages to Qdrant, which
     * nest three deep for each level and a hundred at most.
     */
    static final int DEEPEST_JSON = 24;

    private static final ObjectMapper JSON_VALUES = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(DEEPEST_JSON)
                            .build())
                    .build())
            .build();

    private static final DateTimeFormatter LOCAL = new DateTimeFormatterBuilder()
            .append(DateTimeFormatter.ISO_LOCAL_DATE)
            .appendLiteral(' ')
            .append(DateTimeFormatter.ISO_LOCAL_TIME)
            .toFormatter(java.util.Locale.ROOT);

    private static final DateTimeFormatter ZONED = new DateTimeFormatterBuilder()
            .append(LOCAL)
            .appendOffset("+HH:mm:ss", "Z")
            .toFormatter(java.util.Locale.ROOT);

    private static final DateTimeFormatter ZONED_TIME = new DateTimeFormatterBuilder()
            .append(DateTimeFormatter.ISO_LOCAL_TIME)
            .appendOffset("+HH:mm:ss", "Z")
            .toFormatter(java.util.Locale.ROOT);

    /** The type by the name of its base type in PostgreSQL's catalogue ({@code pg_type.typname}). */
    static ColumnType ofPostgres(String name) {
        return switch (name) {
            case "bool" -> BOOLEAN;
            case "int2", "int4", "int8", "oid" -> INTEGER;
            case "float4", "float8" -> FLOAT;
            case "numeric" -> DECIMAL;
            case "text", "varchar", "uuid", "citext", "xml" -> TEXT;
            case "bpchar" -> CHARACTER;
            case "json", "jsonb" -> JSON;
            case "date" -> DATE;
            case "time" -> TIME;
            case "timetz" -> TIME_WITH_ZONE;
            case "timestamp" -> TIMESTAMP;
            case "timestamptz" -> TIMESTAMP_WITH_ZONE;
            case "bytea" -> BYTES;
            default -> OTHER;
        };
    }

    /** Reads a value as PostgreSQL writes it as text, with ISO dates and in UTC. */
    public @Nullable Object parse(@Nullable String text) {
        if (text == null) {
            return null;
        }
        try {
            return switch (this) {
                case BOOLEAN -> text.equals("t") || text.equals("true");
                case INTEGER -> Long.valueOf(text);
                case FLOAT -> Double.valueOf(text);
                case DECIMAL -> new BigDecimal(text);
                case JSON -> json(text);
                case DATE -> LocalDate.parse(text);
                case TIME -> LocalTime.parse(text);
                case TIME_WITH_ZONE -> timeWithZone(text);
                case TIMESTAMP -> LocalDateTime.parse(text, LOCAL);
                case TIMESTAMP_WITH_ZONE -> OffsetDateTime.parse(text, ZONED).toInstant();
                case BYTES -> HexFormat.of().parseHex(text, 2, text.length());
                case CHARACTER -> unpadded(text);
                case TEXT, ARRAY, OTHER -> text;
            };
        } catch (DateTimeException | NumberFormatException e) {
            return text;
        }
    }

    /** Whether a year is written alike by Java and PostgreSQL. */
    public static boolean isPlainYear(int year) {
        return year >= 1 && year <= 9999;
    }

    private static Object timeWithZone(String text) {
        return text.startsWith("24:")
                ? text
                : OffsetTime.parse(text, ZONED_TIME).withOffsetSameInstant(ZoneOffset.UTC);
    }

    /** Reads a JSON text; a text that is none, or is nested deeper than {@link #DEEPEST_JSON}, stays text. */
    public static @Nullable Object json(String text) {
        try {
            return withoutBigInteger(JSON_VALUES.readValue(text, Object.class));
        } catch (JsonProcessingException e) {
            return text;
        }
    }

    /** Whole numbers beyond 64 bits become decimals like those of the database. */
    private static @Nullable Object withoutBigInteger(@Nullable Object value) {
        return switch (value) {
            case null -> null;
            case Integer number -> number.longValue();
            case BigInteger number -> new BigDecimal(number);
            case List<?> list -> {
                var converted = new ArrayList<@Nullable Object>(list.size());
                list.forEach(element -> converted.add(withoutBigInteger(element)));
                yield converted;
            }
            case Map<?, ?> map -> {
                var converted = new LinkedHashMap<Object, @Nullable Object>();
                map.forEach((key, element) -> converted.put(key, withoutBigInteger(element)));
                yield converted;
            }
            default -> value;
        };
    }

    private static String unpadded(String text) {
        int end = text.length();
        while (end > 0 && text.charAt(end - 1) == ' ') {
            end--;
        }
        return text.substring(0, end);
    }
}
