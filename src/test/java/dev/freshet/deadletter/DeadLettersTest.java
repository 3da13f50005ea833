package dev.freshet.deadletter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DeadLettersTest {

    private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");

    @TempDir
    private Path folder;

    private Path file = Path.of("");

    @BeforeEach
    void name() {
        file = folder.resolve("dead-letters.jsonl");
    }

    private static DeadLetter letter(String row, String version, Instant at) {
        return new DeadLetter("articles", "public.articles", row, version, "embed", "zu groß", 1, at, at);
    }

    @Test
    void parksAndClears() {
        try (var letters = new DeadLetters(file)) {
            letters.park(letter("1", "1-1", NOON));
            letters.park(letter("2", "2-2", NOON));
            letters.clear("articles", "1");
            letters.clear("articles", "unknown");
            letters.clear("other", "2");

            assertThat(letters.count()).isEqualTo(1);
            assertThat(letters.all()).containsExactly(letter("2", "2-2", NOON));
        }
    }

    @Test
    void anotherFailureOfADocumentCountsAndKeepsTheFirstTime() {
        try (var letters = new DeadLetters(file)) {
            letters.park(letter("1", "1-1", NOON));
            letters.park(letter("1", "2-2", NOON.plusSeconds(60)));

            assertThat(letters.all())
                    .containsExactly(new DeadLetter(
                            "articles",
                            "public.articles",
                            "1",
                            "2-2",
                            "embed",
                            "zu groß",
                            2,
                            NOON,
                            NOON.plusSeconds(60)));
        }
    }

    @Test
    void areThereAfterAReopening() {
        try (var letters = new DeadLetters(file)) {
            letters.park(letter("1", "1-1", NOON));
            letters.park(letter("2", "2-2", NOON));
            letters.clear("articles", "1");
        }
        try (var letters = new DeadLetters(file)) {
            assertThat(letters.all()).containsExactly(letter("2", "2-2", NOON));
            letters.park(letter("3", "3-3", NOON));
        }
        try (var letters = new DeadLetters(file)) {
            assertThat(letters.all()).extracting(DeadLetter::row).containsExactly("2", "3");
        }
    }

    @Test
    void aLineIsInTheFileWhenParkReturns() throws IOException {
        try (var letters = new DeadLetters(file)) {
            letters.park(letter("1", "1-1", NOON));

            assertThat(Files.readString(file))
                    .startsWith("{\"schema\":1,\"parked\":{\"mapping\":\"articles\"")
                    .contains("\"firstAt\":\"2026-03-01T12:00:00Z\"")
                    .endsWith("}\n");
        }
    }

    @Test
    void aLastLineCutOffAnywhereByACrashIsDropped() throws IOException {
        try (var letters = new DeadLetters(file)) {
            letters.park(letter("1", "1-1", NOON));
        }
        int whole = (int) Files.size(file);
        try (var letters = new DeadLetters(file)) {
            letters.park(letter("größe", "2-2", NOON));
        }
        byte[] bytes = Files.readAllBytes(file);

        for (int cut = whole; cut < bytes.length; cut++) {
            Files.write(file, Arrays.copyOf(bytes, cut));
            try (var letters = new DeadLetters(file)) {
                assertThat(letters.all()).containsExactly(letter("1", "1-1", NOON));
                letters.park(letter("3", "3-3", NOON));
            }
            try (var letters = new DeadLetters(file)) {
                assertThat(letters.all()).extracting(DeadLetter::row).containsExactly("1", "3");
            }
        }
    }

    @Test
    void aFileOfSomethingElseIsRefusedByName() throws IOException {
        Files.writeString(file, "not a dead letter\n", StandardCharsets.UTF_8);

        assertThatThrownBy(() -> new DeadLetters(file))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining(file.toString());
    }

    @Test
    void whatCannotBeWrittenIsNotParked() {
        var letters = new DeadLetters(file);
        letters.close();

        assertThatThrownBy(() -> letters.park(letter("1", "1-1", NOON))).isInstanceOf(UncheckedIOException.class);
        assertThat(letters.count()).isZero();
    }
}
