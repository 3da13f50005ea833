package dev.freshet.deadletter;

import java.time.Instant;

/**
 * A document that could not be processed.
 *
 * @param mapping the mapping that makes it
 * @param table the table of its row, {@code schema.table}
 * @param row the key of its row, as {@link dev.freshet.change.RowKey#text} writes it
 * @param version the version of the change that failed
 * @param stage where it failed: in a part of the mapping ({@code when}, {@code tenant}, {@code metadata}, {@code id},
 *     {@code text}, or {@code map} as a whole), {@code chunk}, {@code embed} or {@code index}
 * @param error what was wrong, without the row's content
 * @param attempts how often it was tried
 * @param firstAt when it first failed
 * @param lastAt when it last failed
 */
public record DeadLetter(
        String mapping,
        String table,
        String row,
        String version,
        String stage,
        String error,
        int attempts,
        Instant firstAt,
        Instant lastAt) {}
