package dev.freshet.source.debezium;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.runtime.WorkerConfig;
import org.apache.kafka.connect.runtime.standalone.StandaloneConfig;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DurableOffsetStoreTest {

    @TempDir
    private Path folder;

    private Path file() {
        return folder.resolve("offsets");
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    private DurableOffsetStore opened() {
        var store = new DurableOffsetStore();
        WorkerConfig config = new StandaloneConfig(Map.of(
                "offset.storage.file.filename", file().toString(),
                "key.converter", "org.apache.kafka.connect.json.JsonConverter",
                "value.converter", "org.apache.kafka.connect.json.JsonConverter"));
        store.configure(config);
        store.start();
        return store;
    }

    private void save(Map<String, @Nullable String> offsets) {
        DurableOffsetStore store = opened();
        try {
            var buffers = new HashMap<ByteBuffer, @Nullable ByteBuffer>();
            offsets.forEach((key, value) -> buffers.put(bytes(key), value == null ? null : bytes(value)));
            store.set(buffers, null).get(10, TimeUnit.SECONDS);
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            throw new AssertionError(e);
        } finally {
            store.stop();
        }
    }

    private @Nullable String read(String key) {
        DurableOffsetStore store = opened();
        try {
            ByteBuffer value =
                    store.get(List.of(bytes(key))).get(10, TimeUnit.SECONDS).get(bytes(key));
            return value == null
                    ? null
                    : StandardCharsets.UTF_8.decode(value.duplicate()).toString();
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            throw new AssertionError(e);
        } finally {
            store.stop();
        }
    }

    @Test
    void survivesReopening() {
        assertThat(DurableOffsetStore.hasOffsets(file())).isFalse();
        save(Map.of("key 1", "é\n1", "key 2", "2"));
        save(Map.of("key 1", "11"));

        assertThat(DurableOffsetStore.hasOffsets(file())).isTrue();
        assertThat(read("key 1")).isEqualTo("11");
        assertThat(read("key 2")).isEqualTo("2");
        assertThat(read("key 3")).isNull();
    }

    @Test
    void isReplacedAsAWhole() throws IOException {
        save(Map.of("key", "1"));
        Object before = Files.getAttribute(file(), "unix:ino");
        Files.writeString(
                folder.resolve("offsets.next"),
                "left behind by a crash, and longer than what is written now ".repeat(100));
        save(Map.of("key", "2"));

        assertThat(read("key")).isEqualTo("2");
        assertThat(Files.getAttribute(file(), "unix:ino")).as("another file").isNotEqualTo(before);
        assertThat(folder).isDirectoryContaining(path -> path.equals(file()));
        try (var files = Files.list(folder)) {
            assertThat(files).containsExactly(file());
        }
    }

    @Test
    void everyDamageIsAnErrorWithTheWayOut() throws IOException {
        save(Map.of("key", "a longer value", "another", "value"));
        byte[] whole = Files.readAllBytes(file());

        for (int length = 0; length < whole.length; length++) {
            assertRefused(Arrays.copyOf(whole, length), "cut to " + length);
        }
        for (int at = 0; at < whole.length; at++) {
            for (int bit : new int[] {0, 5, 7}) {
                byte[] flipped = whole.clone();
                flipped[at] ^= (byte) (1 << bit);
                assertRefused(flipped, "bit " + bit + " of byte " + at);
            }
        }
        byte[] longer = Arrays.copyOf(whole, whole.length + 1);
        longer[whole.length] = '\n';
        assertRefused(longer, "longer");
        assertRefused(new byte[whole.length], "zeros");
        Files.write(file(), whole);
        assertThat(read("another")).isEqualTo("value");
    }

    private void assertRefused(byte[] content, String damage) throws IOException {
        Files.write(file(), content);
        assertThatThrownBy(() -> DurableOffsetStore.hasOffsets(file()))
                .as(damage)
                .isInstanceOf(ConnectException.class)
                .hasMessageContaining(file().toString())
                .hasMessageContaining("freshet resync");
    }

    @Test
    void startingWithADamagedFileFails() throws IOException {
        save(Map.of("key", "value"));
        try (var torn = new RandomAccessFile(file().toFile(), "rw")) {
            torn.setLength(torn.length() / 2);
        }
        assertThatThrownBy(this::opened).isInstanceOf(ConnectException.class).hasMessageContaining("damaged");
    }
}
