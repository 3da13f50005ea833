package dev.freshet.deadletter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.config.ByteSize;
import dev.freshet.config.DeadLettersConfig;
import dev.freshet.config.WhenFull;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class DeadLettersTest {

    private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");

    @TempDir
    private Path folder;

    private Path file = Path.of("");

    @BeforeEach
    void name() {
        file = folder.resolve("dead-letters.jsonl");
    }

    private static final DeadLettersConfig LARGE = new DeadLettersConfig(new ByteSize(16 << 20), WhenFull.HALT);

    private static DeadLetter letter(String row, String version, Instant at) {
        return letter(row, version, at, 1, at);
    }

    private static DeadLetter letter(String row, String version, Instant first, int attempts, Instant last) {
        var event = new DeadLetter.Event("public.articles", row, "upsert", "live", version, "0/1", NOON, "815", null);
        return new DeadLetter("articles", event, "embed", "SomeException", "zu groß", attempts, first, last);
    }

    private DeadLetters open() {
        return new DeadLetters(file, LARGE);
    }

    private DeadLetters open(long max, WhenFull whenFull) {
        return new DeadLetters(file, new DeadLettersConfig(new ByteSize(max), whenFull));
    }

    @Test
    void parksAndClears() {
        try (var letters = open()) {
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
        try (var letters = open()) {
            letters.park(letter("1", "1-1", NOON));
            letters.park(letter("1", "2-2", NOON.plusSeconds(60)));

            assertThat(letters.all()).containsExactly(letter("1", "2-2", NOON, 2, NOON.plusSeconds(60)));
        }
    }

    @Test
    void areThereAfterAReopening() {
        try (var letters = open()) {
            letters.park(letter("1", "1-1", NOON));
            letters.park(letter("2", "2-2", NOON));
            letters.clear("articles", "1");
        }
        try (var letters = open()) {
            assertThat(letters.all()).containsExactly(letter("2", "2-2", NOON));
            letters.park(letter("3", "3-3", NOON));
        }
        try (var letters = open()) {
            assertThat(letters.all()).extracting(DeadLetter::row).containsExactly("2", "3");
        }
    }

    @Test
    void aLineIsInTheFileWhenParkReturns() throws IOException {
        try (var letters = open()) {
            letters.park(letter("1", "1-1", NOON));

            assertThat(Files.readString(file))
                    .startsWith("{\"schema\":2,\"parked\":{\"mapping\":\"articles\"")
                    .contains("\"firstAt\":\"2026-03-01T12:00:00Z\"")
                    .endsWith("}\n");
        }
    }

    @Test
    void aLastLineCutOffAnywhereByACrashIsDropped() throws IOException {
        try (var letters = open()) {
            letters.park(letter("1", "1-1", NOON));
        }
        int whole = (int) Files.size(file);
        try (var letters = open()) {
            letters.park(letter("größe", "2-2", NOON));
        }
        byte[] bytes = Files.readAllBytes(file);

        for (int cut = whole; cut < bytes.length; cut++) {
            Files.write(file, Arrays.copyOf(bytes, cut));
            try (var letters = open()) {
                assertThat(letters.all()).containsExactly(letter("1", "1-1", NOON));
                letters.park(letter("3", "3-3", NOON));
            }
            try (var letters = open()) {
                assertThat(letters.all()).extracting(DeadLetter::row).containsExactly("1", "3");
            }
        }
    }

    @Test
    void aFileOfSomethingElseIsRefusedByName() throws IOException {
        Files.writeString(file, "not a dead letter\n", StandardCharsets.UTF_8);

        assertThatThrownBy(() -> open())
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining(file.toString());
    }

    @Test
    void aFileOfAnotherSchemaIsRefusedAndSaysWhatToDo() throws IOException {
        Files.writeString(file, "{\"schema\":1,\"parked\":{\"mapping\":\"articles\"}}\n", StandardCharsets.UTF_8);

        assertThatThrownBy(this::open)
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("schema 1")
                .hasMessageContaining("reindexed");
    }

    @Test
    void whatCannotBeWrittenIsNotParked() {
        var letters = open();
        letters.close();

        assertThatThrownBy(() -> letters.park(letter("1", "1-1", NOON))).isInstanceOf(NotParked.class);
        assertThat(letters.count()).isZero();
        assertThat(letters.occupancy().bytes()).isZero();
    }

    @Test
    void theFileIsWrittenAnewWhenMostOfItIsOld() throws IOException {
        try (var letters = open()) {
            letters.park(letter("keep", "1-1", NOON));
            for (int i = 0; i < 2_000; i++) {
                letters.park(letter("again", "2-" + i, NOON));
            }
            assertThat(Files.size(file)).isLessThan(80 << 10);
            assertThat(letters.occupancy().bytes()).isLessThan(1_000);
            letters.park(letter("after", "3-3", NOON));
        }
        try (var letters = open()) {
            assertThat(letters.all()).extracting(DeadLetter::row).containsExactly("keep", "again", "after");
            assertThat(letters.all().get(1).attempts()).isEqualTo(2_000);
        }
        assertThat(DeadLetters.read(file)).extracting(DeadLetter::row).containsExactly("keep", "again", "after");
    }

    @Test
    void whenTheyAreFullOneMoreIsRefusedUntilThereIsRoom() {
        try (var letters = open(4_096, WhenFull.HALT)) {
            int parked = fill(letters);

            assertThat(letters.count()).isEqualTo(parked);
            assertThat(letters.occupancy().bytes()).isLessThanOrEqualTo(4_096);
            assertThat(letters.full()).contains("freshet deadletters list", "deadLetters.max", parked + " letters");
            // One that is there already may fail again.
            assertThat(letters.park(letter("0", "9-9", NOON))).isTrue();
            assertThat(letters.removals()).isZero();

            assertThat(letters.discard("articles", "1")).isTrue();
            assertThat(letters.removals()).isEqualTo(1);
            assertThat(letters.park(letter("more", "9-9", NOON))).isTrue();
            assertThat(letters.count()).isEqualTo(parked);
        }
    }

    /** Parks until one is refused; returns how many were parked. */
    private static int fill(DeadLetters letters) {
        int parked = 0;
        while (letters.park(letter(Integer.toString(parked), "1-1", NOON))) {
            parked++;
        }
        return parked;
    }

    @Test
    void warnsBeforeTheyAreFull() {
        try (var letters = open(4_096, WhenFull.HALT)) {
            letters.park(letter("0", "1-1", NOON));
            assertThat(letters.occupancy().isNearlyFull()).isFalse();
            while (letters.occupancy().bytes() * 5 < 4_096 * 4) {
                letters.park(letter("r" + letters.count(), "1-1", NOON));
            }
            assertThat(letters.occupancy().isNearlyFull()).isTrue();
        }
    }

    @Test
    void orTheOldestMakeRoom() {
        try (var letters = open(4_096, WhenFull.DROP_OLDEST)) {
            for (int i = 0; i < 100; i++) {
                letters.park(letter(Integer.toString(i), "1-1", NOON));
            }
            assertThat(letters.occupancy().bytes()).isLessThanOrEqualTo(4_096);
            assertThat(letters.count()).isPositive();
            assertThat(letters.dropped()).isEqualTo(100 - letters.count());
            assertThat(letters.all().getLast().row()).isEqualTo("99");
        }
        assertThat(DeadLetters.read(file).getLast().row()).isEqualTo("99");
        assertThat(DeadLetters.read(file)).hasSizeLessThan(20);
    }

    @Test
    void allOfAMappingCanBeCleared() {
        try (var letters = open()) {
            letters.park(letter("1", "1-1", NOON));
            letters.park(letter("2", "1-1", NOON));
            letters.clearAll("others");
            assertThat(letters.count()).isEqualTo(2);
            letters.clearAll("articles");
        }
        assertThat(DeadLetters.read(file)).isEmpty();
    }

    @Test
    void aMessageIsCut() {
        var event = letter("1", "1-1", NOON).event();
        assertThat(new DeadLetter("articles", event, "map", "E", "x".repeat(1_000_000), 1, NOON, NOON).error())
                .hasSizeLessThan(2_100);
    }

    @ParameterizedTest
    @CsvSource({
        "mapping, articles, true",
        "mapping, notes, false",
        "stage, embed, true",
        "stage, index, false",
        "table, articles, true",
        "table, public.articles, true",
        "table, cles, false",
        "key, 7, true",
        "key, 77, false",
        "error, ZU GROSS, false",
        "error, zu, true",
        "error, someexc, true",
        "olderThan, 3599, true",
        "olderThan, 3601, false"
    })
    void canBeFiltered(String what, String value, boolean matches) {
        var filter = new LetterFilter(
                what.equals("mapping") ? value : null,
                what.equals("stage") ? value : null,
                what.equals("table") ? value : null,
                what.equals("key") ? value : null,
                what.equals("error") ? value : null,
                what.equals("olderThan") ? Duration.ofSeconds(Long.parseLong(value)) : null);

        assertThat(filter.matches(letter("7", "1-1", NOON), NOON.plusSeconds(3_600)))
                .isEqualTo(matches);
    }
}
