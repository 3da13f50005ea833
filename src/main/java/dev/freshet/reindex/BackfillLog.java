package dev.freshet.reindex;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import dev.freshet.change.TableId;
import dev.freshet.source.DurableFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Which tables were backfilled and how far, in a file that is replaced as a whole and forced to disk. Thread-safe. */
public final class BackfillLog {

    private static final Logger LOG = LoggerFactory.getLogger(BackfillLog.class);

    private static final ObjectMapper JSON = JsonMapper.builder()
            .addModule(new JavaTimeModule())
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
            .enable(SerializationFeature.INDENT_OUTPUT)
            .build();

    private final Path file;
    private final Map<TableId, TableProgress> tables = new TreeMap<>();

    /**
     * Reads the file or begins it.
     *
     * @throws UncheckedIOException if it cannot be read
     */
    public BackfillLog(Path file) {
        this.file = file;
        if (Files.exists(file)) {
            try {
                JSON.readValue(file.toFile(), new TypeReference<List<TableProgress>>() {})
                        .forEach(progress -> tables.put(progress.table(), progress));
            } catch (IOException e) {
                throw new UncheckedIOException(
                        "the progress of the backfills in " + file + " cannot be read: " + e.getMessage()
                                + ". Remove the file to read every table again; what is unchanged is not embedded again",
                        e);
            }
        }
    }

    /** The progress of a table that was ever asked for. */
    public synchronized Optional<TableProgress> of(TableId table) {
        return Optional.ofNullable(tables.get(table));
    }

    /** The progress of every table, by name. */
    public synchronized List<TableProgress> all() {
        return List.copyOf(tables.values());
    }

    /** Whether any row of any table was ever read into the index for good. */
    public synchronized boolean hasProgress() {
        return tables.values().stream()
                .anyMatch(each -> each.state() == TableProgress.State.COMPLETE || each.key() != null);
    }

    /** Asks for tables to be read from their first row; one that is being read starts again. */
    public void request(Collection<TableId> wanted) {
        request(wanted, false);
    }

    /** The same, and for the documents whose rows are gone to be removed. */
    public void requestWithSweep(Collection<TableId> wanted) {
        request(wanted, true);
    }

    private synchronized void request(Collection<TableId> wanted, boolean sweep) {
        for (TableId table : wanted) {
            boolean both = sweep
                    || of(table)
                            .filter(before -> before.state() != TableProgress.State.COMPLETE && before.sweep())
                            .isPresent();
            put(TableProgress.pending(table, both, Instant.now()));
            LOG.info("backfill requested table={} sweep={}", table, both);
        }
        notifyAll();
    }

    /** Forgets tables that are not captured any more, so that one which comes back is read from its first row. */
    public synchronized void retain(Set<TableId> captured) {
        if (tables.keySet().retainAll(captured)) {
            save();
        }
    }

    /** Sets a table's progress. */
    synchronized void put(TableProgress progress) {
        tables.put(progress.table(), progress);
        save();
    }

    /** Changes a table's progress, if there is any. */
    synchronized void update(TableId table, UnaryOperator<TableProgress> change) {
        TableProgress progress = tables.get(table);
        if (progress != null) {
            put(change.apply(progress));
        }
    }

    private void save() {
        try {
            DurableFile.replace(file, JSON.writeValueAsBytes(List.copyOf(tables.values())));
        } catch (IOException e) {
            throw new UncheckedIOException("the progress of the backfills in " + file + " cannot be written", e);
        }
    }
}
