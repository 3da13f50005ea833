package dev.freshet.document;

import static dev.freshet.document.Rows.object;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetTime;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class JsonValueTest {

    static Stream<Arguments> values() {
        return Stream.of(
                Arguments.of(null, null, "null"),
                Arguments.of(true, true, "true"),
                Arguments.of(5L, 5L, "5"),
                Arguments.of(1.0, 1.0, "1.0"),
                Arguments.of(Double.NaN, "NaN", "\"NaN\""),
                Arguments.of(Double.POSITIVE_INFINITY, "Infinity", "\"Infinity\""),
                Arguments.of(Double.NEGATIVE_INFINITY, "-Infinity", "\"-Infinity\""),
                Arguments.of(new BigDecimal("12.50"), new BigDecimal("12.50"), "12.50"),
                Arguments.of("a\"b", "a\"b", "\"a\\\"b\""),
                Arguments.of(
                        Instant.parse("2026-03-01T12:00:00+02:00"), "2026-03-01T10:00:00Z", "\"2026-03-01T10:00:00Z\""),
                Arguments.of(
                        Instant.parse("2026-03-01T10:00:00.120Z"),
                        "2026-03-01T10:00:00.120Z",
                        "\"2026-03-01T10:00:00.120Z\""),
                Arguments.of(LocalDateTime.of(2026, 3, 1, 10, 0), "2026-03-01T10:00:00", "\"2026-03-01T10:00:00\""),
                Arguments.of(LocalDate.of(2026, 3, 1), "2026-03-01", "\"2026-03-01\""),
                Arguments.of(LocalTime.of(9, 30), "09:30:00", "\"09:30:00\""),
                Arguments.of(OffsetTime.parse("09:30Z"), "09:30:00Z", "\"09:30:00Z\""),
                Arguments.of(new byte[] {(byte) 255, 0}, "/wA=", "\"/wA=\""),
                Arguments.of(
                        Arrays.asList(1L, null, LocalDate.of(2026, 3, 1), List.of(Double.NaN)),
                        Arrays.asList(1L, null, "2026-03-01", List.of("NaN")),
                        "[1,null,\"2026-03-01\",[\"NaN\"]]"),
                Arguments.of(
                        object("b", new byte[] {1}, "a", object("x", null)),
                        object("a", object("x", null), "b", "AQ=="),
                        "{\"a\":{\"x\":null},\"b\":\"AQ==\"}"));
    }

    @ParameterizedTest
    @MethodSource("values")
    void everyValueHasItsJson(@Nullable Object value, @Nullable Object json, String written) {
        assertThat(JsonValue.of(value)).isEqualTo(json);
        assertThat(JsonValue.write(value)).isEqualTo(written);
    }

    @Test
    void keysBecomeText() {
        assertThat(JsonValue.of(Map.of(1L, "a"))).isEqualTo(Map.of("1", "a"));
    }

    @Test
    void refusesWhatNoRowHolds() {
        assertThatThrownBy(() -> JsonValue.of(List.of(java.util.Optional.empty())))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
