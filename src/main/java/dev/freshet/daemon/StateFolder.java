package dev.freshet.daemon;

import dev.freshet.diagnosis.Problem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The folder with everything a daemon remembers, locked so that no two work on it. */
public final class StateFolder implements AutoCloseable {

    private static final String LOCK = "lock";

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
        blocked(folder).ifPresent(problem -> {
            throw new StartupException(problem);
        });
        try {
            Files.createDirectories(folder);
            FileChannel channel = FileChannel.open(
                    folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            FileLock lock = tryLock(channel);
            if (lock == null) {
                String holder = holder(channel);
                channel.close();
                throw new StartupException(held(folder, holder));
            }
            channel.truncate(0);
            channel.write(StandardCharsets.US_ASCII.encode(
                    Long.toString(ProcessHandle.current().pid())));
            return new StateFolder(folder, channel);
        } catch (IOException e) {
            throw new StartupException(unusable(folder, e), e);
        }
    }

    /** What would keep a daemon from using the folder; changes nothing. */
    static Optional<Problem> problem(Path folder) {
        Path lock = folder.resolve(LOCK);
        try {
            if (Files.exists(lock)) {
                try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                    return tryLock(channel) == null ? Optional.of(held(folder, holder(channel))) : Optional.empty();
                }
            }
        } catch (IOException e) {
            return Optional.of(unusable(folder, e));
        }
        return blocked(folder);
    }

    /** Why there can be no such folder. */
    private static Optional<Problem> blocked(Path folder) {
        Path there = existing(folder);
        if (!Files.isDirectory(there)) {
            return Optional.of(unusable(folder, new FileAlreadyExistsException(there.toString())));
        }
        return Files.isWritable(there)
                ? Optional.empty()
                : Optional.of(unusable(folder, new AccessDeniedException(there.toString())));
    }

    /** The folder itself, or what there is of the way to it. */
    static Path existing(Path folder) {
        Path there = folder.toAbsolutePath().normalize();
        while (!Files.exists(there) && there.getParent() != null) {
            there = there.getParent();
        }
        return there;
    }

    private static Problem held(Path folder, String holder) {
        return Problem.of(
                "the state folder " + folder.toAbsolutePath().normalize() + " is in use by another Freshet" + holder,
                "Stop that one, or give this one a folder of its own (key state)");
    }

    private static Problem unusable(Path folder, IOException e) {
        String why = switch (e) {
            case AccessDeniedException denied -> denied.getFile() + " may not be written to";
            case FileAlreadyExistsException file -> file.getFile() + " is not a folder";
            case FileSystemException other -> other.getMessage();
            default -> e.toString();
        };
        return Problem.of(
                "the state folder " + folder.toAbsolutePath().normalize() + " cannot be used: " + why,
                "Name another one (key state), or give this user the right to write there");
    }

    /** The lock's file holds the process that has it, for people. */
    private static String holder(FileChannel channel) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(20);
        channel.read(bytes, 0);
        String pid = StandardCharsets.US_ASCII.decode(bytes.flip()).toString().strip();
        return pid.matches("\\d+") ? " (process " + pid + ")" : "";
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
        return offsets(folder);
    }

    /** The checkpoint in a folder that need not be locked or there. */
    static Path offsets(Path folder) {
        return folder.resolve("offsets");
    }

    /** How far the backfills are. */
    public Path backfills() {
        return backfills(folder);
    }

    /** The backfills in a folder that need not be locked or there. */
    static Path backfills(Path folder) {
        return folder.resolve("backfills.json");
    }

    /** How the tables were defined, and which mappings are paused. */
    public Path schema() {
        return folder.resolve("schema.json");
    }

    /** What is remembered of the source's log. */
    public Path sourceLog() {
        return sourceLog(folder);
    }

    /** The same in a folder that need not be locked or there. */
    static Path sourceLog(Path folder) {
        return folder.resolve("source.json");
    }

    /** The documents that could not be processed. */
    public Path deadLetters() {
        return folder.resolve("dead-letters.jsonl");
    }

    /** The embedded index, where the configuration names no other place. */
    public Path index() {
        return index(folder);
    }

    /** The embedded index in a folder that need not be locked or there. */
    static Path index(Path folder) {
        return folder.resolve("index");
    }

    /** Unpacked native libraries. */
    public Path natives() {
        return natives(folder);
    }

    /** Unpacked native libraries in a folder that need not be locked or there. */
    static Path natives(Path folder) {
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
