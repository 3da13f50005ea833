package dev.freshet.embed;

import java.net.http.HttpHeaders;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import org.jspecify.annotations.Nullable;

/** When a service wants to be asked again: {@code Retry-After} in seconds or as a date, or {@code retry-after-ms}. */
final class RetryAfter {

    /** What is longer is not believed: a limit may be raised, a clock may be wrong. */
    private static final Duration LONGEST = Duration.ofMinutes(10);

    private RetryAfter() {}

    static @Nullable Duration of(HttpHeaders headers, Instant now) {
        Duration wait = headers.firstValue("retry-after-ms")
                .map(value -> seconds(value, 1e-3))
                .orElse(null);
        if (wait == null) {
            wait = headers.firstValue("retry-after")
                    .map(value -> {
                        Duration seconds = seconds(value, 1);
                        return seconds == null ? until(value, now) : seconds;
                    })
                    .orElse(null);
        }
        if (wait == null || wait.isNegative()) {
            return null;
        }
        return wait.compareTo(LONGEST) > 0 ? LONGEST : wait;
    }

    private static @Nullable Duration seconds(String value, double unit) {
        try {
            double number = Double.parseDouble(value.strip()) * unit;
            return number >= 0 && number < 1e9 ? Duration.ofMillis((long) Math.ceil(number * 1e3)) : null;
        } catch (NumberFormatException e) {
            return null;
        }
    }

    private static @Nullable Duration until(String date, Instant now) {
        try {
            return Duration.between(
                    now,
                    ZonedDateTime.parse(date.strip(), DateTimeFormatter.RFC_1123_DATE_TIME)
                            .toInstant());
        } catch (DateTimeException e) {
            return null;
        }
    }
}
