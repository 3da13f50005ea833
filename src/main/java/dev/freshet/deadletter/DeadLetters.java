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
 * <p>A call that changes something throws {@link NotParked} when the disk does not take it, and has then changed nothing.
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
    private long removals;
    private boolean warned;

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
     * @return false if there is no room for it, so that the change has to wait
     * @throws NotParked if the disk does not take it
     */
    public synchronized boolean park(DeadLetter letter) {
        @Nullable Parked before = letters.get(Document.of(letter));
        Line line = Line.parked(before == null ? letter : letter.after(before.letter()));
        var lines = new ArrayList<Line>();
        long excess =
                before == null ? bytes + line.bytes().length - limits.max().bytes() : 0;
        if (excess > 0) {
            if (limits.whenFull() == WhenFull.HALT) {
                return false;
            }
            lines.addAll(oldest(excess));
        }
        int forgotten = lines.size();
        lines.add(line);
        append(lines);
        dropped += forgotten;
        warn();
        LOG.warn(
                "document parked mapping={} key={} stage={} trace_id={} error={}",
                letter.mapping(),
                letter.row(),
                letter.stage(),
                letter.event().traceId(),
                letter.error());
        return true;
    }

    /** The oldest letters that take so many bytes together, to be forgotten. */
    private List<Line> oldest(long atLeast) {
        var forgotten = new ArrayList<Line>();
        long left = atLeast;
        for (Map.Entry<Document, Parked> oldest : letters.entrySet()) {
            if (left <= 0) {
                break;
            }
            left -= oldest.getValue().bytes();
            forgotten.add(Line.cleared(oldest.getKey()));
            LOG.warn(
                    "dead letter dropped mapping={} key={} trace_id={}",
                    oldest.getKey().mapping(),
                    oldest.getKey().row(),
                    oldest.getValue().letter().event().traceId());
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
        @Nullable Parked there = letters.get(new Document(mapping, row));
        clear(mapping, row);
        if (there != null) {
            LOG.info(
                    "dead letter discarded mapping={} key={} trace_id={}",
                    mapping,
                    row,
                    there.letter().event().traceId());
        }
        return there != null;
    }

    private void remove(List<Document> documents) {
        if (!documents.isEmpty()) {
            append(documents.stream().map(Line::cleared).toList());
            removals += documents.size();
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

    /** How often room was made since the start. */
    public synchronized long removals() {
        return removals;
    }

    /** How full they are. */
    public synchronized Occupancy occupancy() {
        return new Occupancy(bytes, limits.max().bytes(), limits.whenFull());
    }

    /** What a person is told while changes wait for room. */
    public synchronized String full() {
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
