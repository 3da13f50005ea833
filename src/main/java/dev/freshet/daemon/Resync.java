package dev.freshet.daemon;

import dev.freshet.change.Version;
import dev.freshet.config.FreshetConfig;
import dev.freshet.config.SourceConfig;
import dev.freshet.index.CollectionState;
import dev.freshet.index.IndexException;
import dev.freshet.index.VectorIndex;
import dev.freshet.source.PostgresDatabase;
import dev.freshet.source.Slot;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.Objects;
import java.util.Optional;

/**
 * Gives up the place in the log while no daemon runs, so that the next start begins with the log as it is, reads every
 * row again and removes the documents whose rows are gone. The index stays.
 *
 * <p>What is read from then on is of a later epoch, so that it is newer than everything in the index even where the log
 * began anew at a lower place.
 */
public final class Resync implements AutoCloseable {

    private final FreshetConfig config;
    private final StateFolder state;
    private final PostgresDatabase database;
    private final Slot slot;

    private Resync(FreshetConfig config, StateFolder state, PostgresDatabase database, Slot slot) {
        this.config = config;
        this.state = state;
        this.database = database;
        this.slot = slot;
    }

    /**
     * Locks the state folder and looks at the slot.
     *
     * @throws StartupException if a daemon is running, or somebody else reads the slot
     * @throws dev.freshet.source.SourceException if the database does not answer
     */
    public static Resync open(FreshetConfig config) {
        StateFolder state = StateFolder.lock(config.state());
        SourceConfig source = config.source();
        var database = new PostgresDatabase(
                source.url(), source.user(), source.password().value());
        try {
            Slot slot = database.slot(source.slot());
            slot.problem(source.slot()).ifPresent(problem -> {
                throw new StartupException(problem);
            });
            return new Resync(config, state, database, slot);
        } catch (RuntimeException e) {
            database.close();
            state.close();
            throw e;
        }
    }

    /** Whether there is a replication slot, which is going to be dropped. */
    public boolean dropsSlot() {
        return slot.exists();
    }

    /** Does it. Cut off at any place it can be done again. */
    public void run() {
        SourceLog log = sourceLog();
        try (VectorIndex index = Indexes.open(config.index(), state)) {
            int inIndex = config.mappings().stream()
                    .map(mapping -> index.describe(mapping.collection()))
                    .flatMap(Optional::stream)
                    .map(CollectionState::position)
                    .filter(Objects::nonNull)
                    .mapToInt(position -> Version.parse(position).epoch())
                    .max()
                    .orElse(0);
            log.beginAnew(Math.max(log.epoch(), inIndex) + 1);
        } catch (IndexException e) {
            throw new StartupException(String.valueOf(e.getMessage()), e);
        }
        if (slot.exists()) {
            database.dropSlot(config.source().slot());
        }
        delete(state);
    }

    private SourceLog sourceLog() {
        try {
            return new SourceLog(state.sourceLog());
        } catch (StartupException e) {
            // A file that cannot be read is what this may have been called for.
            try {
                Files.delete(state.sourceLog());
            } catch (IOException cannot) {
                throw new UncheckedIOException(cannot);
            }
            return new SourceLog(state.sourceLog());
        }
    }

    private static void delete(StateFolder state) {
        try {
            Files.deleteIfExists(state.offsets());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        database.close();
        state.close();
    }
}
