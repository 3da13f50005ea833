package dev.freshet.source.debezium;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freshet.source.DurableFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.zip.CRC32C;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.runtime.WorkerConfig;
import org.apache.kafka.connect.storage.MemoryOffsetBackingStore;

/**
 * Keeps Debezium's offsets in a file that is replaced as a whole and forced to disk, so that after any crash it holds
 * either the offsets before or those after. (Kafka's own file store rewrites in place and does not force: cut to zero
 * bytes it means a silent start from nothing.)
 *
 * <p>Form: a line {@code freshet-offsets 1 <crc32c of the rest>}, then a line {@code key value}, both Base64, an entry.
 */
public final class DurableOffsetStore extends MemoryOffsetBackingStore {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** Where an offset of the PostgreSQL connector names places in the log. */
    private static final List<String> POSITIONS = List.of("lsn", "lsn_proc", "lsn_commit");

    private static final String HEADER = "freshet-offsets 1 ";

    private Path file = Path.of("offsets");

    /** Created by Debezium by name. */
    public DurableOffsetStore() {}

    @Override
    public void configure(WorkerConfig config) {
        super.configure(config);
        Object name = config.originals().get("offset.storage.file.filename");
        if (name == null) {
            throw new ConnectException("offset.storage.file.filename is not set");
        }
        file = Path.of(name.toString());
    }

    @Override
    public synchronized void start() {
        super.start();
        read(file)
                .forEach((key, value) ->
                        data.put(ByteBuffer.wrap(Base64.getDecoder().decode(key)), decoded(value)));
    }

    private static ByteBuffer decoded(String value) {
        return ByteBuffer.wrap(Base64.getDecoder().decode(value));
    }

    /** Whether the file holds offsets; throws if it is torn. */
    static boolean hasOffsets(Path file) {
        return !read(file).isEmpty();
    }

    /** The furthest place in the log that the offsets name; empty where there are none. */
    static OptionalLong furthest(Path file) {
        return read(file).values().stream()
                .map(value -> offset(file, value))
                .flatMapToLong(offset -> POSITIONS.stream()
                        .map(offset::path)
                        .filter(JsonNode::isIntegralNumber)
                        .mapToLong(JsonNode::longValue))
                .max();
    }

    private static JsonNode offset(Path file, String value) {
        try {
            return JSON.readTree(EventDecoder.bytes(decoded(value)));
        } catch (IOException e) {
            throw new ConnectException("the offsets file " + file + " holds an offset that is none", e);
        }
    }

    private static Map<String, String> read(Path file) {
        try {
            if (!Files.exists(file)) {
                return Map.of();
            }
            // Any byte is a character here, so that damage is found by the checksum.
            String text = Files.readString(file, StandardCharsets.ISO_8859_1);
            int end = text.indexOf('\n');
            if (end < 0
                    || !text.startsWith(HEADER)
                    || !text.substring(HEADER.length(), end).equals(sum(text.substring(end + 1)))) {
                throw new ConnectException("""
                        the offsets file %s is damaged, so that the position in the source's log is unknown. \
                        Run 'freshet resync --config <file>': the next start then reads every row \
                        again, embeds what has changed, and removes what is gone""".formatted(file));
            }
            return text.substring(end + 1)
                    .lines()
                    .collect(Collectors.toMap(
                            line -> line.substring(0, line.indexOf(' ')),
                            line -> line.substring(line.indexOf(' ') + 1)));
        } catch (IOException e) {
            throw new ConnectException("the offsets file " + file + " cannot be read: " + e.getMessage(), e);
        }
    }

    @Override
    public Set<Map<String, Object>> connectorPartitions(String connector) {
        return Set.of();
    }

    @Override
    protected synchronized void save() {
        var lines = new TreeMap<String, String>();
        new HashMap<>(data).forEach((key, value) -> {
            if (value != null) {
                lines.put(encoded(key), encoded(value));
            }
        });
        String body = lines.entrySet().stream()
                .map(line -> line.getKey() + " " + line.getValue() + "\n")
                .collect(Collectors.joining());
        try {
            DurableFile.replace(file, (HEADER + sum(body) + "\n" + body).getBytes(StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            throw new UncheckedIOException("the offsets file " + file + " cannot be written", e);
        }
    }

    private static String encoded(ByteBuffer buffer) {
        return Base64.getEncoder().encodeToString(EventDecoder.bytes(buffer));
    }

    private static String sum(String body) {
        var crc = new CRC32C();
        crc.update(body.getBytes(StandardCharsets.ISO_8859_1));
        return HexFormat.of().toHexDigits(crc.getValue(), 8);
    }
}
