package dev.freshet.daemon;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/** The folder with everything a daemon remembers, locked so that no two work on it. */
public final class StateFolder implements AutoCloseable {

    private final Path folder;
    private final FileChannel channel;

    private StateFolder(Path folder, FileChannel channel) {
        this.folder = folder;
        this.channel = channel;
    }

    /**
     * Creates the folder if needed and locks it until it is closed or the process ends.
     *
     * @throws StartupException if another process has it
     */
    public static StateFolder lock(Path folder) {
        try {
            Files.createDirectories(folder);
            FileChannel channel =
                    FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            FileLock lock = tryLock(channel);
            if (lock == null) {
                channel.close();
                throw new StartupException(
                        "the state folder " + folder.toAbsolutePath()
                                + " is in use by another Freshet. Stop that one, or give this one a folder of its own (key state)");
            }
            return new StateFolder(folder, channel);
        } catch (IOException e) {
            throw new StartupException("the state folder " + folder.toAbsolutePath() + " cannot be used: " + e, e);
        }
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    /** The source's checkpoint. */
    public Path offsets() {
        return folder.resolve("offsets");
    }

    /** How far the backfills are. */
    public Path backfills() {
        return folder.resolve("backfills.json");
    }

    /** The documents that could not be processed. */
    public Path deadLetters() {
        return folder.resolve("dead-letters.jsonl");
    }

    /** The embedded index, where the configuration names no other place. */
    public Path index() {
        return folder.resolve("index");
    }

    /** Unpacked native libraries. */
    public Path natives() {
        return folder.resolve("natives");
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
