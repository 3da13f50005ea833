package dev.freshet.deadletter;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import dev.freshet.source.DurableFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Dead letters as lines of JSON in a file that grows until it is written anew: a line parks a document, or clears one.
 * What a call wrote is forced to disk when it returns; what it could not write whole is as if it had not been called.
 */
final class LetterFile implements AutoCloseable {

    private static final ObjectMapper JSON = JsonMapper.builder()
            .addModule(new JavaTimeModule())
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
            .build();

    private static final int SCHEMA = 2;

    /** What makes a document one and the same. */
    record Document(String mapping, String row) {

        static Document of(DeadLetter letter) {
            return new Document(letter.mapping(), letter.row());
        }
    }

    /** What happened to one document. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Line(
            int schema,
            @Nullable DeadLetter parked,
            @Nullable Document cleared) {

        static Line parked(DeadLetter letter) {
            return new Line(SCHEMA, letter, null);
        }

        static Line cleared(Document document) {
            return new Line(SCHEMA, null, document);
        }

        byte[] bytes() {
            try {
                return (JSON.writeValueAsString(this) + "\n").getBytes(StandardCharsets.UTF_8);
            } catch (JsonProcessingException e) {
                throw new IllegalStateException("a dead letter is not JSON", e);
            }
        }
    }

    private final Path file;
    private FileChannel channel;
    private long length;

    private LetterFile(Path file, FileChannel channel, long length) {
        this.file = file;
        this.channel = channel;
        this.length = length;
    }

    /**
     * Opens the file or begins it.
     *
     * @param lines told what there is
     * @throws UncheckedIOException if it cannot be read or written, or holds a line that is none of ours
     */
    static LetterFile open(Path file, Consumer<Line> lines) {
        long length = read(file, lines);
        try {
            FileChannel channel = open(file);
            channel.truncate(length);
            return new LetterFile(file, channel, length);
        } catch (IOException e) {
            throw failed("opened", file, e);
        }
    }

    private static FileChannel open(Path file) throws IOException {
        return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    }

    /**
     * Reads the whole lines and returns how long they are; a last one cut off by a crash was never acknowledged and is
     * left out. Nothing where there is no file.
     */
    static long read(Path file, Consumer<Line> lines) {
        try {
            byte[] bytes = Files.exists(file) ? Files.readAllBytes(file) : new byte[0];
            int end = bytes.length;
            while (end > 0 && bytes[end - 1] != '\n') {
                end--;
            }
            // Only now as text: what was cut off may end inside a character.
            for (String each : new String(bytes, 0, end, StandardCharsets.UTF_8).split("\n", -1)) {
                if (!each.isEmpty()) {
                    lines.accept(line(each));
                }
            }
            return end;
        } catch (IOException e) {
            throw failed("read", file, e);
        }
    }

    private static Line line(String text) throws IOException {
        int schema = JSON.readTree(text).path("schema").asInt();
        if (schema != SCHEMA) {
            throw new IOException("a line has schema " + schema + ", and this Freshet knows " + SCHEMA
                    + ": move the file away, and have the collections reindexed");
        }
        return JSON.readValue(text, Line.class);
    }

    /** Adds lines. */
    void append(List<Line> lines) {
        var bytes = new ByteArrayOutputStream();
        lines.forEach(line -> bytes.writeBytes(line.bytes()));
        try {
            // A write that failed half way is overwritten by the next one.
            channel.truncate(length);
            write(ByteBuffer.wrap(bytes.toByteArray()));
            channel.force(false);
            length += bytes.size();
        } catch (IOException e) {
            throw failed("written", file, e);
        }
    }

    private void write(ByteBuffer bytes) throws IOException {
        for (long place = length; bytes.hasRemaining(); ) {
            place += channel.write(bytes, place);
        }
    }

    /** Writes the file anew, with these letters alone. */
    void replace(Collection<DeadLetter> letters) {
        var bytes = new ByteArrayOutputStream();
        letters.forEach(letter -> bytes.writeBytes(Line.parked(letter).bytes()));
        try {
            try {
                DurableFile.replace(file, bytes.toByteArray());
            } finally {
                // Whether or not it came to that: what is written to must be the file of this name.
                channel.close();
                channel = open(file);
                length = channel.size();
            }
        } catch (IOException e) {
            throw failed("written", file, e);
        }
    }

    long length() {
        return length;
    }

    private static UncheckedIOException failed(String what, Path file, IOException e) {
        return new UncheckedIOException(
                "the dead letters in " + file + " cannot be " + what + ": " + e.getMessage(), e);
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
