package dev.freshet.index.qdrant;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Optional;

/** Reads times of ISO 8601 as Qdrant does: without offset they are UTC, a date is its midnight. */
final class Times {

    private Times() {}

    static Optional<Instant> parse(String text) {
        // Cheap first: most strings are no times, and finding out by parsing costs an exception each.
        if (text.length() < 10 || text.length() > 40 || !Character.isDigit(text.charAt(0)) || text.charAt(4) != '-') {
            return Optional.empty();
        }
        try {
            if (text.indexOf('T') < 0) {
                return Optional.of(LocalDate.parse(text).atStartOfDay().toInstant(ZoneOffset.UTC));
            }
            var time = DateTimeFormatter.ISO_DATE_TIME.parseBest(text, OffsetDateTime::from, LocalDateTime::from);
            return Optional.of(
                    time instanceof OffsetDateTime withOffset
                            ? withOffset.toInstant()
                            : ((LocalDateTime) time).toInstant(ZoneOffset.UTC));
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }
}
