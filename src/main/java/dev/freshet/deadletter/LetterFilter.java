package dev.freshet.deadletter;

import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Which dead letters are meant; what is null does not matter.
 *
 * @param mapping the name of the mapping
 * @param stage where they failed
 * @param table the table, with or without its schema
 * @param key the row's key
 * @param error a part of the error's class or message, in any case
 * @param olderThan how long ago they last failed, at least
 */
public record LetterFilter(
        @Nullable String mapping,
        @Nullable String stage,
        @Nullable String table,
        @Nullable String key,
        @Nullable String error,
        @Nullable Duration olderThan) {

    /** Whether this letter is meant. */
    public boolean matches(DeadLetter letter, Instant now) {
        String its = letter.event().table();
        return (mapping == null || letter.mapping().equals(mapping))
                && (stage == null || letter.stage().equals(stage))
                && (table == null || its.equals(table) || its.endsWith("." + table))
                && (key == null || letter.row().equals(key))
                && (error == null || contains(letter.errorClass(), error) || contains(letter.error(), error))
                && (olderThan == null || !letter.lastAt().isAfter(now.minus(olderThan)));
    }

    private static boolean contains(String text, String part) {
        return text.toLowerCase(Locale.ROOT).contains(part.toLowerCase(Locale.ROOT));
    }
}
