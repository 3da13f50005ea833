package dev.freshet.deadletter;

import dev.freshet.config.DeadLettersConfig;
import dev.freshet.config.WhenFull;
import dev.freshet.deadletter.LetterFile.Document;
import dev.freshet.deadletter.LetterFile.Line;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The dead letters: one per document, durable when a call returns, of bounded size. Thread-safe.
 *
 * <p>A call that changes something throws {@link NotParked} when it cannot, and has then changed nothing.
 */
public final class DeadLetters implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(DeadLetters.class);

    /** Below this the file is not worth writing anew. */
    private static final long SMALL = 64 << 10;

    private record Parked(DeadLetter letter, int bytes) {}

    private final LetterFile file;
    private final DeadLettersConfig limits;
    private final Map<Document, Parked> letters = new LinkedHashMap<>();
    private long bytes;
    private long dropped;
    private boolean warned;
    private boolean halted;

    /**
     * Opens the file or begins it.
     *
     * @throws UncheckedIOException if it cannot be read or written, or holds a line that is none of ours
     */
    public DeadLetters(Path file, DeadLettersConfig limits) {
        this.limits = limits;
        this.file = LetterFile.open(file, this::take);
        warn();
    }

    /** What a file holds, oldest first; it must not be written to meanwhile. */
    public static List<DeadLetter> read(Path file) {
        var letters = new LinkedHashMap<Document, DeadLetter>();
        LetterFile.read(file, line -> {
            if (line.parked() != null) {
                letters.put(Document.of(line.parked()), line.parked());
            }
            if (line.cleared() != null) {
                letters.remove(line.cleared());
            }
        });
        return List.copyOf(letters.values());
    }

    private void take(Line line) {
        if (line.parked() != null) {
            int size = line.bytes().length;
            @Nullable Parked before = letters.put(Document.of(line.parked()), new Parked(line.parked(), size));
            bytes += size - (before == null ? 0 : before.bytes());
        }
        if (line.cleared() != null) {
            @Nullable Parked before = letters.remove(line.cleared());
            bytes -= before == null ? 0 : before.bytes();
        }
    }

    /**
     * Parks a document; one that is parked already keeps its first time and counts one attempt more.
     *
     * @throws NotParked if there is no room, or the disk does not take it
     */
    public synchronized void park(DeadLetter letter) {
        @Nullable Parked before = letters.get(Document.of(letter));
        Line line = Line.parked(before == null ? letter : letter.after(before.letter()));
        var lines = new ArrayList<Line>();
        if (before == null) {
            lines.addAll(roomFor(line.bytes().length));
        }
        int forgotten = lines.size();
        lines.add(line);
        append(lines);
        dropped += forgotten;
        halted &= before != null;
        warn();
        LOG.warn(
                "document parked mapping={} key={} stage={} error={}",
                letter.mapping(),
                letter.row(),
                letter.stage(),
                letter.error());
    }

    /** What has to be forgotten before there is room for so many bytes. */
    private List<Line> roomFor(int size) {
        long excess = bytes + size - limits.max().bytes();
        if (excess <= 0) {
            return List.of();
        }
        if (limits.whenFull() == WhenFull.HALT) {
            halted = true;
            throw new NotParked(full(), null);
        }
        var forgotten = new ArrayList<Line>();
        for (Map.Entry<Document, Parked> oldest : letters.entrySet()) {
            if (excess <= 0) {
                break;
            }
            excess -= oldest.getValue().bytes();
            forgotten.add(Line.cleared(oldest.getKey()));
            LOG.warn(
                    "dead letter dropped mapping={} key={}",
                    oldest.getKey().mapping(),
                    oldest.getKey().row());
        }
        return forgotten;
    }

    /** A good version of the document arrived; nothing happens if it was not parked. */
    public synchronized void clear(String mapping, String row) {
        var document = new Document(mapping, row);
        if (letters.containsKey(document)) {
            remove(List.of(document));
        }
    }

    /** Every document of a mapping is gone. */
    public synchronized void clearAll(String mapping) {
        remove(letters.keySet().stream()
                .filter(document -> document.mapping().equals(mapping))
                .toList());
    }

    /** Forgets the letter of a document; false if there was none. */
    public synchronized boolean discard(String mapping, String row) {
        boolean there = letters.containsKey(new Document(mapping, row));
        clear(mapping, row);
        if (there) {
            LOG.info("dead letter discarded mapping={} key={}", mapping, row);
        }
        return there;
    }

    private void remove(List<Document> documents) {
        if (!documents.isEmpty()) {
            append(documents.stream().map(Line::cleared).toList());
            halted = false;
            warned &= Occupancy.isNearlyFull(bytes, limits.max().bytes());
        }
    }

    /** Every parked document, oldest first. */
    public synchronized List<DeadLetter> all() {
        return letters.values().stream().map(Parked::letter).toList();
    }

    /** The letter of a document, if it is parked. */
    public synchronized Optional<DeadLetter> of(String mapping, String row) {
        return Optional.ofNullable(letters.get(new Document(mapping, row))).map(Parked::letter);
    }

    /** How many documents are parked. */
    public synchronized int count() {
        return letters.size();
    }

    /** How many letters were dropped since the start because there was no room. */
    public synchronized long dropped() {
        return dropped;
    }

    /** How full they are. */
    public synchronized Occupancy occupancy() {
        long max = limits.max().bytes();
        Occupancy.Level level = halted
                ? Occupancy.Level.HALTED
                : Occupancy.isNearlyFull(bytes, max) ? Occupancy.Level.NEARLY_FULL : Occupancy.Level.OK;
        return new Occupancy(bytes, max, limits.whenFull(), level);
    }

    /** Why changes wait; null while none does because of the dead letters. */
    public synchronized @Nullable String halt() {
        return halted ? full() : null;
    }

    private String full() {
        return ("the dead letters are full (%d letters in %d bytes, deadLetters.max is %s) and changes wait: look with"
                        + " 'freshet deadletters list', mend the cause and replay them, or discard some; or raise"
                        + " deadLetters.max and start again")
                .formatted(letters.size(), bytes, limits.max());
    }

    private void warn() {
        if (!warned && Occupancy.isNearlyFull(bytes, limits.max().bytes())) {
            warned = true;
            LOG.warn(
                    "dead letters nearly full letters={} bytes={} max={} when_full={}",
                    letters.size(),
                    bytes,
                    limits.max(),
                    limits.whenFull());
        }
    }

    private void append(List<Line> lines) {
        try {
            file.append(lines);
        } catch (UncheckedIOException e) {
            throw new NotParked(String.valueOf(e.getMessage()), e);
        }
        lines.forEach(this::take);
        if (file.length() > SMALL && file.length() > 2 * bytes) {
            compact();
        }
    }

    private void compact() {
        try {
            file.replace(letters.values().stream().map(Parked::letter).toList());
        } catch (UncheckedIOException e) {
            // The letters are in the old file; it is only longer than it has to be.
            LOG.warn("dead letters not compacted error={}", e.getMessage());
        }
    }

    @Override
    public synchronized void close() {
        file.close();
    }
}
