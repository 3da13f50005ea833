package dev.freshet.daemon;

import dev.freshet.config.FreshetConfig;
import dev.freshet.reindex.BackfillLog;
import dev.freshet.source.PostgresDatabase;
import dev.freshet.source.SourceException;
import dev.freshet.source.debezium.DebeziumSource;
import java.util.List;

/** What must be true before anything is captured. */
final class Preflight {

    private Preflight() {}

    /**
     * Checks the server's settings, and that the checkpoint, the slot and the index belong together.
     *
     * @throws StartupException if they do not
     */
    static void check(FreshetConfig config, PostgresDatabase database, StateFolder state, BackfillLog backfills) {
        List<String> problems = problems(config, database);
        if (!problems.isEmpty()) {
            throw new StartupException("the database cannot be captured yet:\n  - " + String.join("\n  - ", problems));
        }
        boolean checkpoint = checkpoint(state);
        PostgresDatabase.Slot slot = database.slot(config.source().slot());
        if (slot.elsewhere()) {
            throw new StartupException("""
                    replication slot %s belongs to another database of this server (slots are named server-wide). \
                    Give this Freshet a slot of its own (key source.slot)""".formatted(config.source().slot()));
        }
        if (checkpoint && !slot.exists()) {
            throw new StartupException("""
                    replication slot %s is gone, and with it the changes since the last checkpoint: the index cannot be \
                    brought up to date from the log. Remove the state folder (key state) to build everything anew""".formatted(config.source().slot()));
        }
        if (slot.lost()) {
            throw new StartupException("""
                    the server has removed log that replication slot %1$s still needed (max_slot_wal_keep_size): changes \
                    since the last checkpoint are lost. Drop the slot (SELECT pg_drop_replication_slot('%1$s');) and \
                    remove the state folder to build everything anew""".formatted(config.source().slot()));
        }
        if (!checkpoint && backfills.hasProgress()) {
            throw new StartupException("""
                    the checkpoint %s is missing although this state folder was in use: which changes are in the index \
                    is unknown. Restore the file, or remove the state folder to build everything anew""".formatted(state.offsets()));
        }
        if (slot.active()) {
            throw new StartupException("replication slot %s is held by another process. Stop that one, "
                            .formatted(config.source().slot())
                    + "or give this Freshet a slot of its own (key source.slot)");
        }
    }

    private static List<String> problems(FreshetConfig config, PostgresDatabase database) {
        try {
            return database.captureProblems();
        } catch (SourceException e) {
            throw new StartupException(
                    """
                    %s
                    Check source.url, source.user and source.password, and that the server at %s lets this host in \
                    (pg_hba.conf)""".formatted(e.getMessage(), config.source().url()), e);
        }
    }

    static boolean checkpoint(StateFolder state) {
        try {
            return DebeziumSource.hasCheckpoint(state.offsets());
        } catch (RuntimeException e) {
            throw new StartupException(String.valueOf(e.getMessage()), e);
        }
    }
}
