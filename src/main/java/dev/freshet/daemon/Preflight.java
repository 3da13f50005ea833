package dev.freshet.daemon;

import dev.freshet.config.FreshetConfig;
import dev.freshet.diagnosis.Problem;
import dev.freshet.reindex.BackfillLog;
import dev.freshet.source.PostgresDatabase;
import dev.freshet.source.Server;
import dev.freshet.source.Slot;
import dev.freshet.source.SourceException;
import dev.freshet.source.debezium.DebeziumSource;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;

/** What must be true before anything is captured. */
final class Preflight {

    private static final Duration SLOT_PATIENCE = Duration.ofSeconds(5);
    private static final Duration LOOK_AGAIN = Duration.ofMillis(100);

    private Preflight() {}

    /**
     * Checks the server's settings, and that the checkpoint, the slot and the index belong together.
     *
     * @throws StartupException if they do not
     */
    static void check(
            FreshetConfig config,
            PostgresDatabase database,
            StateFolder state,
            BackfillLog backfills,
            SourceLog sourceLog,
            Continuity continuity) {
        Server server = server(database);
        List<Problem> problems = server.problems();
        if (!problems.isEmpty()) {
            throw new StartupException("the database cannot be captured yet:\n  - "
                    + problems.stream().map(Problem::message).collect(Collectors.joining("\n  - ")));
        }
        boolean checkpoint = checkpoint(state.offsets());
        awaitFree(database, config.source().slot());
        slotProblems(config, database, server, continuity).stream().findFirst().ifPresent(problem -> {
            throw new StartupException(problem);
        });
        continuity.remember();
        if (!checkpoint && backfills.hasProgress() && !sourceLog.isResync()) {
            throw new StartupException(missingCheckpoint(state.offsets()));
        }
    }

    /** The server may take a moment to miss a Freshet that was stopped just now. */
    private static void awaitFree(PostgresDatabase database, String slot) {
        long deadline = System.nanoTime() + SLOT_PATIENCE.toNanos();
        while (database.slot(slot).active() && System.nanoTime() - deadline < 0) {
            LockSupport.parkNanos(LOOK_AGAIN.toNanos());
        }
    }

    /** What keeps the slot from being read by, or made where it is not there yet. */
    static List<Problem> slotProblems(
            FreshetConfig config, PostgresDatabase database, Server server, Continuity continuity) {
        String name = config.source().slot();
        Slot slot = database.slot(name);
        var problems = new ArrayList<Problem>();
        continuity.problem().ifPresent(problems::add);
        slot.problem(name).ifPresent(problems::add);
        if (!slot.exists()) {
            problems.addAll(server.slotProblems());
        }
        problems.addAll(server.senderProblems());
        return problems;
    }

    private static Server server(PostgresDatabase database) {
        try {
            return database.server();
        } catch (SourceException e) {
            throw new StartupException(e.problem(), e);
        }
    }

    /** The index has documents of which nobody knows how current they are. */
    static Problem missingCheckpoint(Path offsets) {
        return Problem.of(
                "the checkpoint " + offsets
                        + " is missing although this state folder was in use: which changes are in the index is unknown",
                "Restore the file, or run 'freshet resync --config <file>': the next start then reads every row again, and"
                        + " embeds only what has changed");
    }

    static boolean checkpoint(Path offsets) {
        try {
            return DebeziumSource.hasCheckpoint(offsets);
        } catch (RuntimeException e) {
            throw new StartupException(String.valueOf(e.getMessage()), e);
        }
    }
}
