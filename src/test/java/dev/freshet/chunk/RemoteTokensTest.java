package dev.freshet.chunk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.chunk.ChunkingSpec.Strategy;
import dev.freshet.document.DocumentKey;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How tokens are counted for models at services. */
final class RemoteTokensTest {

    private static final List<String> TEXTS = List.of(
            "A refund takes five to ten business days after the parcel has come back.",
            "Rechtsschutzversicherungsgesellschaften, Größe, naïve, Ελληνικά, русский",
            "for (int i = 0; i < 10; i++) { map.put(\"k\" + i, x[i] ** 2); } // 1234567890",
            "日本語のテキストはとても短い。 🙂👨‍👩‍👧");

    @Test
    void openAisModelsAreCountedByTheirEncoding() {
        Tokenizer tokens = OpenAiTokens.ofModel("text-embedding-3-small", 0).orElseThrow();

        assertThat(tokens.count("hello world")).isEqualTo(2);
        assertThat(tokens.count("")).isZero();
        // What is a special token elsewhere is plain text here.
        assertThat(tokens.count("<|endoftext|>")).isGreaterThan(3);
        assertThat(tokens.specialTokens()).isZero();
        assertThat(tokens.maxTokens()).isEqualTo(8_191);
        assertThat(tokens.fingerprint()).isEqualTo("cl100k_base-8191");
        assertThat(OpenAiTokens.ofModel("text-embedding-3-small", 100)
                        .orElseThrow()
                        .maxTokens())
                .isEqualTo(100);
        assertThat(OpenAiTokens.ofModel("nomic-embed-text", 0)).isEmpty();
        assertThat(OpenAiTokens.isEncoding("o200k_base")).isTrue();
        assertThat(OpenAiTokens.isEncoding("estimate")).isFalse();
    }

    @Test
    void theEstimateIsNotBelowWhatTokenizersCount() {
        var estimate = new EstimatedTokens(512);
        Tokenizer openAi = OpenAiTokens.ofEncoding("cl100k_base", 512);
        try (var bert = HuggingFaceTokens.allMiniLmL6V2()) {
            assertThat(TEXTS).allSatisfy(text -> {
                assertThat(estimate.count(text)).isGreaterThanOrEqualTo(openAi.count(text));
                assertThat(estimate.count(text)).isGreaterThanOrEqualTo(bert.count(text));
            });
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"estimate", "cl100k_base"})
    void noChunkIsLongerThanItsSize(String name) {
        Tokenizer tokens = name.equals("estimate") ? new EstimatedTokens(512) : OpenAiTokens.ofEncoding(name, 512);
        var chunker = new Chunker(new ChunkingSpec(Strategy.RECURSIVE, 64, 8), tokens);
        String text = (String.join("\n\n", TEXTS) + "\n\n").repeat(12) + "x".repeat(2_000);

        List<Chunk> chunks = chunker.chunk(new DocumentKey("m", "1"), text);

        assertThat(chunks)
                .hasSizeGreaterThan(10)
                .allSatisfy(chunk -> assertThat(tokens.specialTokens() + tokens.count(chunk.embeddingText()))
                        .isLessThanOrEqualTo(64));
        assertThat(chunker.chunk(new DocumentKey("m", "1"), text)).isEqualTo(chunks);
    }
}
