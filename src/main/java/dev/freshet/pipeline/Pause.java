package dev.freshet.pipeline;

import dev.freshet.change.TableId;
import java.time.Instant;

/**
 * A mapping whose changes are not applied, because it cannot take the rows of its table as they are now. What it has in
 * the index stays as it was then, apart from rows that are deleted.
 *
 * @param mapping its name
 * @param table its table
 * @param reason why
 * @param wayOut what to do
 * @param since since when
 * @param rebuild whether deletes may have been missed, so that documents whose rows are gone must be looked for
 */
public record Pause(String mapping, TableId table, String reason, String wayOut, Instant since, boolean rebuild) {

    /** The same mapping paused for this reason as well; it is paused since the first one. */
    Pause and(Pause later) {
        return new Pause(mapping, table, later.reason, later.wayOut, since, rebuild || later.rebuild);
    }
}
