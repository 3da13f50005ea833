package dev.freshet.chunk;

import static dev.freshet.chunk.TestTokenizers.BYTES;
import static dev.freshet.chunk.TestTokenizers.MINI_LM;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.chunk.ChunkingSpec.Strategy;
import dev.freshet.document.DocumentKey;
import java.util.List;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

final class ChunkerPropertiesTest {

    private static final DocumentKey KEY = new DocumentKey("articles", "7");

    private static final String[] PIECES = {
        "A sentence of a few words. ",
        "Short. ",
        "Is it? ",
        "word ",
        "hyphen-ated, ",
        "\n",
        "\n\n",
        "\r\n",
        "\r\n\r\n",
        "   ",
        "\t",
        "\u00a0",
        "\u2029",
        "\u3000",
        "# Heading\n",
        "## Über uns\n",
        "### `code` *and* [link](x)\n",
        "#\n",
        "Setext\n===\n",
        "Other\n---\n",
        "```\n# not a heading\nint x = 1;\n```\n",
        "    indented\n",
        "- item\n",
        "1. one\n",
        "> quote\n",
        "| a | b |\n| --- | --- |\n| 1 | 2 |\n",
        "<div>\n",
        "日本語の文章です。",
        "ภาษาไทยไม่มีช่องว่าง",
        "नमस्ते ",
        "العربية ",
        "e\u0301",
        "👨‍👩‍👧‍👦",
        "🇩🇪",
        "👍🏽",
        "𝒳",
        "\0",
        "\u200b",
        "[CLS] ",
        "x".repeat(130),
        "\ud83d",
        "\ude00"
    };

    @Property(tries = 500)
    void anyTextWithTheRealTokenizer(@ForAll("texts") String text, @ForAll("specs") ChunkingSpec spec) {
        List<Chunk> chunks = check(text, spec, MINI_LM);

        assertThat(chunks).allSatisfy(chunk -> {
            assertThat(isBlank(text.substring(chunk.bodyStart(), chunk.end()))).isFalse();
            assertThat(MINI_LM.count(chunk.text())).isPositive();
        });
    }

    @Property(tries = 500)
    void anyTextWithATokenPerByte(@ForAll("texts") String text, @ForAll("specs") ChunkingSpec spec) {
        check(text, spec, BYTES);
    }

    @Property(tries = 100)
    void anyString(@ForAll String text, @ForAll("specs") ChunkingSpec spec) {
        check(text, spec, BYTES);
        check(text, spec, MINI_LM);
    }

    private static List<Chunk> check(String text, ChunkingSpec spec, Tokenizer tokenizer) {
        List<Chunk> chunks = new Chunker(spec, tokenizer).chunk(KEY, text);

        if (!chunks.isEmpty()) {
            assertThat(bodies(text, chunks)).isEqualTo(text);
        } else {
            assertThat(isBlank(text) || tokenizer.count(text) == 0).isTrue();
        }
        for (Chunk chunk : chunks) {
            assertThat(chunk.text()).isEqualTo(text.substring(chunk.start(), chunk.end()));
            assertThat(chunk.tokens())
                    .isEqualTo(tokenizer.specialTokens() + tokenizer.count(chunk.embeddingText()))
                    .isLessThanOrEqualTo(spec.size());
            assertThat(chunk.hash()).isEqualTo(Hashes.sha256(chunk.embeddingText()));
            assertThat(tokenizer.count(text.substring(chunk.start(), chunk.bodyStart())))
                    .isLessThanOrEqualTo(spec.overlap());
            assertThat(splitsPair(text, chunk.start()) || splitsPair(text, chunk.end()))
                    .isFalse();
        }
        assertThat(chunks).extracting(Chunk::id).doesNotHaveDuplicates();
        assertThat(new Chunker(spec, tokenizer).chunk(KEY, text)).isEqualTo(chunks);
        return chunks;
    }

    static String bodies(String text, List<Chunk> chunks) {
        return chunks.stream()
                .map(chunk -> text.substring(chunk.bodyStart(), chunk.end()))
                .collect(Collectors.joining());
    }

    private static boolean isBlank(String text) {
        return text.chars().allMatch(c -> Character.isWhitespace(c) || Character.isSpaceChar(c));
    }

    private static boolean splitsPair(String text, int position) {
        return position > 0
                && position < text.length()
                && Character.isSurrogatePair(text.charAt(position - 1), text.charAt(position));
    }

    @Provide
    Arbitrary<String> texts() {
        Arbitrary<String> words =
                Arbitraries.strings().alpha().ofMinLength(1).ofMaxLength(9).map(word -> word + " ");
        Arbitrary<String> pieces = Arbitraries.frequencyOf(Tuple.of(2, Arbitraries.of(PIECES)), Tuple.of(1, words));
        return pieces.list().ofMaxSize(200).map(list -> String.join("", list));
    }

    @Provide
    Arbitrary<ChunkingSpec> specs() {
        return Combinators.combine(
                        Arbitraries.of(Strategy.class),
                        Arbitraries.integers().between(16, 200),
                        Arbitraries.doubles().between(0, 0.9))
                .as((strategy, size, share) -> new ChunkingSpec(strategy, size, (int) (share * (size - 1) / 2)));
    }
}
