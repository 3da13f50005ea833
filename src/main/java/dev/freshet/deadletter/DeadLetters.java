package dev.freshet.deadletter;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The dead letters, one per document, in a file of JSON lines that only grows: a line parks a document or clears it.
 * Each line is forced to disk before the call returns. Thread-safe.
 */
public final class DeadLetters implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(DeadLetters.class);

    private static final ObjectMapper JSON = JsonMapper.builder()
            .addModule(new JavaTimeModule())
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
            .build();

    private record Document(String mapping, String row) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    private record Line(
            int schema,
            @Nullable DeadLetter parked,
            @Nullable Document cleared) {}

    private final Path file;
    private final FileChannel channel;
    private final Map<Document, DeadLetter> letters = new LinkedHashMap<>();

    /**
     * Opens the file or begins it.
     *
     * @throws UncheckedIOException if it cannot be read or written, or holds a line that is none of ours
     */
    public DeadLetters(Path file) {
        this.file = file;
        try {
            long end = Files.exists(file) ? load() : 0;
            channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            channel.truncate(end);
            channel.position(end);
        } catch (IOException e) {
            throw new UncheckedIOException("the dead letters in " + file + " cannot be opened: " + e.getMessage(), e);
        }
    }

    /** Reads the whole lines; a last one cut off by a crash was never acknowledged and is dropped. */
    private long load() throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        int end = bytes.length;
        while (end > 0 && bytes[end - 1] != '\n') {
            end--;
        }
        // Only now as text: what was cut off may end inside a character.
        for (String each : new String(bytes, 0, end, StandardCharsets.UTF_8).split("\n", -1)) {
            if (!each.isEmpty()) {
                take(JSON.readValue(each, Line.class));
            }
        }
        return end;
    }

    private void take(Line line) {
        if (line.parked() != null) {
            letters.put(new Document(line.parked().mapping(), line.parked().row()), line.parked());
        }
        if (line.cleared() != null) {
            letters.remove(line.cleared());
        }
    }

    /** Parks a document; one that is parked already keeps its first time and counts one attempt more. */
    public synchronized void park(DeadLetter letter) {
        DeadLetter before = letters.get(new Document(letter.mapping(), letter.row()));
        DeadLetter parked = before == null
                ? letter
                : new DeadLetter(
                        letter.mapping(),
                        letter.table(),
                        letter.row(),
                        letter.version(),
                        letter.stage(),
                        letter.error(),
                        before.attempts() + letter.attempts(),
                        before.firstAt(),
                        letter.lastAt());
        append(new Line(1, parked, null));
        LOG.warn(
                "document parked mapping={} key={} stage={} error={}",
                letter.mapping(),
                letter.row(),
                letter.stage(),
                letter.error());
    }

    /** A good version of the document arrived; nothing happens if it was not parked. */
    public synchronized void clear(String mapping, String row) {
        var document = new Document(mapping, row);
        if (letters.containsKey(document)) {
            append(new Line(1, null, document));
        }
    }

    /** Every parked document, oldest first. */
    public synchronized List<DeadLetter> all() {
        return List.copyOf(letters.values());
    }

    /** How many documents are parked. */
    public synchronized int count() {
        return letters.size();
    }

    private void append(Line line) {
        try {
            ByteBuffer bytes = ByteBuffer.wrap((JSON.writeValueAsString(line) + "\n").getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(false);
            take(line);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a dead letter is not JSON", e);
        } catch (IOException e) {
            throw new UncheckedIOException("the dead letters in " + file + " cannot be written: " + e.getMessage(), e);
        }
    }

    @Override
    public synchronized void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
