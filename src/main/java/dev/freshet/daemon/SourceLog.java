package dev.freshet.daemon;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.freshet.source.DurableFile;
import dev.freshet.source.ServerLog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** What is remembered of the log that is captured, in a file that is forced to disk. Thread-safe. */
final class SourceLog {

    private static final ObjectMapper JSON = JsonMapper.builder().build();

    /**
     * @param epoch how often the log began anew, as in {@link dev.freshet.change.Version}
     * @param resync whether every row is to be read again, until there is a checkpoint
     * @param server the log that the checkpoint is a place in; null where the server does not tell
     */
    record Known(int epoch, boolean resync, @Nullable ServerLog server) {}

    private final Path file;
    private Known known;

    /**
     * Reads the file, if there is one.
     *
     * @throws StartupException if it cannot be read
     */
    SourceLog(Path file) {
        this.file = file;
        try {
            known = Files.exists(file)
                    ? JSON.readValue(Files.readAllBytes(file), Known.class)
                    : new Known(0, false, null);
        } catch (IOException e) {
            throw new StartupException(
                    "the file " + file + " cannot be read: " + e.getMessage()
                            + ". Run 'freshet resync --config <file>': the next start then reads every row again",
                    e);
        }
    }

    synchronized int epoch() {
        return known.epoch();
    }

    synchronized boolean isResync() {
        return known.resync();
    }

    synchronized @Nullable ServerLog server() {
        return known.server();
    }

    /** The checkpoint is a place in this server's log. */
    synchronized void server(@Nullable ServerLog server) {
        write(new Known(known.epoch(), known.resync(), server));
    }

    /** There is a checkpoint again. */
    synchronized void resynced() {
        write(new Known(known.epoch(), false, known.server()));
    }

    /** The log begins anew, in this epoch, and every row is to be read again. */
    synchronized void beginAnew(int epoch) {
        write(new Known(epoch, true, null));
    }

    private void write(Known next) {
        if (next.equals(known)) {
            return;
        }
        try {
            DurableFile.replace(file, JSON.writeValueAsBytes(next));
        } catch (IOException e) {
            throw new UncheckedIOException("the file " + file + " cannot be written", e);
        }
        known = next;
    }
}
