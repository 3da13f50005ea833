package dev.freshet.chunk;

import static dev.freshet.chunk.ChunkerPropertiesTest.bodies;
import static dev.freshet.chunk.TestTokenizers.BYTES;
import static dev.freshet.chunk.TestTokenizers.MINI_LM;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.chunk.ChunkingSpec.Strategy;
import dev.freshet.document.DocumentKey;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

final class ChunkerTest {

    private static final DocumentKey KEY = new DocumentKey("articles", "7");
    private static final int MEGABYTE = 1 << 20;
    /** For what is slower than prose, such as a megabyte without a single space. */
    private static final int QUARTER = MEGABYTE / 4;

    @ParameterizedTest
    @EnumSource(Strategy.class)
    void textWithNothingToEmbedGivesNoChunk(Strategy strategy) {
        for (String text : List.of("", " ", "\n\n\t \u00a0\u3000\r\n", "\0\u200b")) {
            assertThat(chunks(strategy, 256, text)).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(Strategy.class)
    void textThatFitsIsOneChunkWithItsWhitespace(Strategy strategy) {
        assertThat(chunks(strategy, 256, "\n  Open **Settings**.\n\nClick Save.  \n"))
                .singleElement()
                .satisfies(chunk -> assertThat(chunk.text()).isEqualTo("\n  Open **Settings**.\n\nClick Save.  \n"));
    }

    @Test
    void sectionsStandUnderTheirHeadings() {
        String text = """
                # Handbook

                %s

                ## Week *one*

                %s

                Second chapter
                ==============

                %s
                """.formatted(prose(1, 90), prose(2, 90), prose(3, 90));

        List<Chunk> chunks = chunks(Strategy.MARKDOWN, 256, text);

        assertThat(chunks)
                .extracting(Chunk::headings)
                .containsExactly(List.of("Handbook"), List.of("Handbook", "Week one"), List.of("Second chapter"));
        assertThat(chunks.get(1).text()).startsWith("## Week *one*");
        assertThat(chunks.get(1).embeddingText()).startsWith("Handbook > Week one\n\n## Week *one*\n");
        assertThat(chunks.get(2).text()).startsWith("Second chapter\n====");
        assertThat(chunks(Strategy.MARKDOWN, 256, text.replace("\n", "\r\n")))
                .extracting(Chunk::headings)
                .isEqualTo(chunks.stream().map(Chunk::headings).toList());
    }

    @Test
    void aHashInsideCodeIsNoHeading() {
        String text = "# Real\n\n" + prose(1, 80) + "\n\n```sh\n# comment\n" + "echo one two three\n".repeat(10)
                + "```\n\n" + prose(2, 80) + "\n";

        assertThat(chunks(Strategy.MARKDOWN, 128, text))
                .extracting(Chunk::headings)
                .containsOnly(List.of("Real"));
    }

    @Test
    void smallSectionsAreMergedUnderWhatTheyShare() {
        String text = IntStream.range(0, 60)
                .mapToObj(i -> "## Question %d\n\nThe answer is %d, as before.\n\n".formatted(i, i * 7))
                .collect(Collectors.joining("", "# Answers\n\n", ""));

        List<Chunk> chunks = chunks(Strategy.MARKDOWN, 256, text);

        assertThat(chunks).allSatisfy(chunk -> {
            assertThat(chunk.headings()).isEqualTo(List.of("Answers"));
            assertThat(chunk.tokens()).isGreaterThan(40);
        });
        assertThat(chunks.stream().skip(1))
                .allSatisfy(chunk -> assertThat(chunk.text()).startsWith("## Question"));
    }

    @Test
    void codeAndTablesStayWholeWhereTheyFit() {
        String code = "```java\nint a = 1;\n\nint b = 2;\n\n" + "call(a, b);\n".repeat(8) + "```\n";
        String table = "| plan | price |\n| --- | --- |\n" + "| growth | 59 EUR |\n".repeat(10);
        for (int seed = 0; seed < 20; seed++) {
            String text = prose(seed, 70) + "\n\n" + code + "\n" + prose(seed + 50, 70) + "\n\n" + table + "\n"
                    + prose(seed + 100, 70);

            assertThat(chunks(Strategy.MARKDOWN, 256, text))
                    .anySatisfy(chunk -> assertThat(chunk.text()).contains(code))
                    .anySatisfy(chunk -> assertThat(chunk.text()).contains(table));
        }
    }

    @Test
    void aLongPathOfHeadingsLosesItsOutermostFirst() {
        String text = "# " + "outer ".repeat(60) + "\n\n## Inner\n\n" + prose(1, 300);

        assertThat(chunks(Strategy.MARKDOWN, 128, text).subList(1, 3)).allSatisfy(chunk -> {
            assertThat(chunk.headings()).containsExactly("Inner");
            assertThat(chunk.tokens()).isLessThanOrEqualTo(128);
        });
        assertThat(chunks(Strategy.MARKDOWN, 128, "# " + "long ".repeat(100) + "\n\n" + prose(1, 300)))
                .allSatisfy(chunk ->
                        assertThat(chunk.headings()).singleElement().asString().endsWith("long"));
    }

    @Test
    void overlapRepeatsWholeWordsOfTheSameSection() {
        String text = "# One\n\n" + prose(1, 400) + "\n\n# Two\n\n" + prose(2, 400);

        List<Chunk> chunks = chunks(new ChunkingSpec(Strategy.MARKDOWN, 128, 20), MINI_LM, text);

        for (Chunk chunk : chunks) {
            String overlap = text.substring(chunk.start(), chunk.bodyStart());
            if (chunk.start() == 0 || chunk.text().startsWith("# Two")) {
                assertThat(overlap).isEmpty();
            } else {
                assertThat(MINI_LM.count(overlap)).isBetween(10, 20);
                assertThat(text.charAt(chunk.start() - 1)).isIn(' ', '\n');
                assertThat(overlap).doesNotContain("# Two");
            }
        }
    }

    @Test
    void idsAreUuidsThatTellDuplicatesAndDocumentsApart() {
        String text = ("## Same\n\n" + prose(1, 90) + "\n\n").repeat(5);

        List<Chunk> chunks = chunks(Strategy.MARKDOWN, 128, text);
        List<Chunk> others = new Chunker(new ChunkingSpec(Strategy.MARKDOWN, 128, 0), MINI_LM)
                .chunk(new DocumentKey("articles", "8"), text);

        assertThat(chunks).hasSizeGreaterThanOrEqualTo(5);
        assertThat(chunks).extracting(Chunk::hash).contains(chunks.get(1).hash());
        assertThat(Stream.concat(chunks.stream(), others.stream()))
                .extracting(Chunk::id)
                .doesNotHaveDuplicates()
                .allSatisfy(id -> assertThat(UUID.fromString(id).version()).isEqualTo(8));
    }

    /** Ids are stored: another formula would embed and write everything again. */
    @Test
    void theFormulaOfIdsNeverChanges() {
        assertThat(chunks(Strategy.RECURSIVE, 64, "Open the settings."))
                .extracting(Chunk::id)
                .containsExactly("1b50f2ac-b2f5-8cb0-adb5-0354cdbe3e78");
    }

    @Test
    void charactersOfSeveralCodePointsStayWhole() {
        String family = "👨‍👩‍👧‍👦";
        List<Chunk> chunks = chunks(new ChunkingSpec(Strategy.RECURSIVE, 64, 0), BYTES, family.repeat(50));

        assertThat(chunks).allSatisfy(chunk -> assertThat(chunk.text()).matches("(" + family + ")+"));
    }

    static Stream<String> megabytes() {
        Random random = new Random(5);
        return Stream.of(
                "x".repeat(MEGABYTE),
                random.ints(QUARTER, '0', 'z').mapToObj(Character::toString).collect(Collectors.joining()),
                "word " + " ".repeat(MEGABYTE) + " word",
                "a\n\n".repeat(QUARTER / 3),
                "日本語".repeat(QUARTER / 9),
                ">".repeat(QUARTER / 10),
                "[".repeat(QUARTER),
                "# h\n".repeat(QUARTER / 4),
                "e" + "\u0301".repeat(QUARTER));
    }

    @ParameterizedTest
    @MethodSource("megabytes")
    @Timeout(20)
    void hugeTextsThatAreNoProse(String text) {
        List<Chunk> chunks = chunks(Strategy.MARKDOWN, 256, text);

        assertThat(bodies(text, chunks)).hasSize(text.length()).isEqualTo(text);
        assertThat(chunks).allSatisfy(chunk -> assertThat(chunk.tokens()).isLessThanOrEqualTo(256));
    }

    @ParameterizedTest
    @EnumSource(Strategy.class)
    void aMegabyteOfProseTakesSeconds(Strategy strategy) {
        String text = IntStream.range(0, 3000)
                .mapToObj(i -> (i % 7 == 0 ? "## Part " + i + "\n\n" : "") + prose(i, 60) + "\n\n")
                .collect(Collectors.joining())
                .substring(0, MEGABYTE);
        long start = System.nanoTime();

        List<Chunk> chunks = chunks(strategy, 256, text);

        Duration taken = Duration.ofNanos(System.nanoTime() - start);
        assertThat(bodies(text, chunks)).isEqualTo(text);
        // Some 1.5 seconds on two quiet cores; the bound leaves room for busy ones, but not for quadratic work.
        assertThat(taken).isLessThan(Duration.ofSeconds(10));
    }

    private static List<Chunk> chunks(Strategy strategy, int size, String text) {
        return chunks(new ChunkingSpec(strategy, size, 0), MINI_LM, text);
    }

    private static List<Chunk> chunks(ChunkingSpec spec, Tokenizer tokenizer, String text) {
        return new Chunker(spec, tokenizer).chunk(KEY, text);
    }

    private static String prose(int seed, int words) {
        return Prose.paragraph(new Random(seed), words);
    }
}
