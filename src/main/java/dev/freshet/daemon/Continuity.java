package dev.freshet.daemon;

import dev.freshet.diagnosis.Problem;
import dev.freshet.source.PostgresDatabase;
import dev.freshet.source.ServerLog;
import dev.freshet.source.debezium.DebeziumSource;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Whether the server's log goes on where the checkpoint is. After a failover, a restore, or when the replication slot was
 * lost, it may not, and then no reading of the log brings the index up to date.
 */
final class Continuity {

    private final PostgresDatabase database;
    private final String slot;
    private final Path offsets;
    private final SourceLog log;

    Continuity(PostgresDatabase database, String slot, Path offsets, SourceLog log) {
        this.database = database;
        this.slot = slot;
        this.offsets = offsets;
        this.log = log;
    }

    /**
     * Why changes are not to be had any more; empty when all are, or without a checkpoint.
     *
     * @throws dev.freshet.source.SourceException if the database does not answer
     */
    Optional<Problem> problem() {
        OptionalLong checkpoint = DebeziumSource.checkpoint(offsets);
        if (checkpoint.isEmpty()) {
            return Optional.empty();
        }
        return database.slot(slot)
                .gap(slot, checkpoint.getAsLong())
                .or(() -> otherLog(checkpoint.getAsLong()))
                .map(Continuity::resync);
    }

    private Optional<String> otherLog(long checkpoint) {
        @Nullable ServerLog before = log.server();
        @Nullable ServerLog now = database.log().orElse(null);
        if (before == null || now == null || before.equals(now)) {
            return Optional.empty();
        }
        if (!before.system().equals(now.system())) {
            return Optional.of("this is another server: its system identifier is %s, and the checkpoint is of %s"
                    .formatted(now.system(), before.system()));
        }
        OptionalLong left = database.leftTimeline(before.timeline(), now.timeline());
        return left.isPresent() && Long.compareUnsigned(checkpoint, left.getAsLong()) <= 0
                ? Optional.empty()
                : Optional.of(
                        "the server went from timeline %d to %d before the checkpoint: it was promoted or restored without some changes that are in the index"
                                .formatted(before.timeline(), now.timeline()));
    }

    /** Remembers which log it is, when nothing is wrong with it. */
    void remember() {
        database.log().ifPresent(log::server);
    }

    private static Problem resync(String what) {
        return Problem.of(
                what
                        + ". Changes are lost between the checkpoint and what can be read now, so the index cannot be brought"
                        + " up to date from the log",
                "Run 'freshet resync --config <file>' and start again: every row is read again, what is unchanged is not"
                        + " embedded again, and documents whose rows are gone are removed; searches are answered meanwhile");
    }
}
