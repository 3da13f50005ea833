package dev.freshet.pipeline;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import dev.freshet.change.TableId;
import dev.freshet.source.DurableFile;
import dev.freshet.source.SourceException;
import dev.freshet.source.TableDefinition;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;

/**
 * How the tables were defined when their rows were read last, and which mappings are paused; in a file that is replaced
 * as a whole and forced to disk. Not thread-safe.
 */
public final class SchemaFile {

    private static final ObjectMapper JSON = JsonMapper.builder()
            .addModule(new JavaTimeModule())
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
            .enable(SerializationFeature.INDENT_OUTPUT)
            .build();

    /** What the file holds. */
    record Content(List<TableDefinition> tables, List<Pause> paused) {
        Content {
            tables = List.copyOf(tables);
            paused = List.copyOf(paused);
        }
    }

    private final Path file;
    private Content content;

    /**
     * Reads the file or begins it.
     *
     * @throws UncheckedIOException if it cannot be read
     */
    public SchemaFile(Path file) {
        this.file = file;
        try {
            content = Files.exists(file)
                    ? JSON.readValue(file.toFile(), Content.class)
                    : new Content(List.of(), List.of());
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "the definitions of the tables in " + file + " cannot be read: " + e.getMessage()
                            + ". Remove the file, start, and have every collection read again with freshet reindex",
                    e);
        }
    }

    /** Whether the table was captured before, and had all of these columns at one time. */
    public boolean knows(TableId table, Collection<String> columns) {
        return content.tables().stream()
                .anyMatch(each ->
                        each.table().equals(table) && each.columns().keySet().containsAll(columns));
    }

    Content content() {
        return content;
    }

    /** @throws SourceException if the disk does not take it; trying again may help */
    void replace(Content next) {
        try {
            DurableFile.replace(file, JSON.writeValueAsBytes(next));
        } catch (IOException e) {
            throw SourceException.transientFailure(
                    "which mappings are paused cannot be noted in " + file + ": " + e.getMessage()
                            + "; is the disk full?",
                    e);
        }
        content = next;
    }
}
