package dev.freshet.chunk;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

final class HuggingFaceTokensTest {

    private final HuggingFaceTokens tokens = HuggingFaceTokens.allMiniLmL6V2();

    @Test
    void neitherTruncatesNorPads() {
        assertThat(tokens.count("hello ".repeat(1000))).isEqualTo(1000);
        assertThat(tokens.count("hello")).isEqualTo(1);
        assertThat(tokens.count("")).isZero();
        assertThat(tokens.tokenizer().encode("hello ".repeat(1000)).getIds()).hasSize(1002);
    }

    /** Words are counted apart and remembered, which must not show. */
    @Property(tries = 2_000)
    void countsAsTheTokenizerDoes(@ForAll("texts") String text) {
        int counted = tokens.count(text);

        assertThat(counted)
                .isEqualTo(tokens.tokenizer()
                        .encode(HuggingFaceTokens.wellFormed(text), false, false)
                        .getIds()
                        .length);
        assertThat(tokens.count(text)).isEqualTo(counted);
    }

    @Provide
    Arbitrary<String> texts() {
        Arbitrary<String> hard = Arbitraries.of(
                " ",
                "\n",
                "\r\n",
                "\t",
                "\u00a0",
                "\u2028",
                "\u200b",
                "\0",
                "\ufffd",
                "e\u0301",
                "\u0301",
                "日本語",
                "ภาษาไทย",
                "[SEP]",
                "[MASK]",
                "[ SEP ]",
                "##ing",
                "👍🏽",
                "\ud83d",
                "\ude00",
                "𝒳",
                "İstanbul",
                "ﬁne",
                "x".repeat(120),
                "don't",
                "a,b",
                "I/O",
                "3.14",
                "the",
                "Refunds",
                "unbelievably");
        Arbitrary<String> any = Arbitraries.strings().all().ofMaxLength(8);
        return Arbitraries.oneOf(hard, any).list().ofMaxSize(40).map(parts -> String.join("", parts));
    }

    @Test
    void halfAPairOfSurrogatesHidesNoOtherCharacter() {
        assertThat(tokens.count("👍")).isEqualTo(1);
        assertThat(tokens.count("👍\ud83d")).isEqualTo(1);
        assertThat(tokens.count("\ude00 👍")).isEqualTo(1);
    }

    @Test
    void knowsItsModel() {
        assertThat(tokens.specialTokens()).isEqualTo(2);
        assertThat(tokens.maxTokens()).isEqualTo(512);
        assertThat(tokens.fingerprint())
                .matches("[0-9a-f]{16}-512")
                .isEqualTo(HuggingFaceTokens.allMiniLmL6V2().fingerprint());
    }

    @Test
    void staysOffline() {
        assertThat(ai.djl.util.Utils.isOfflineMode()).isTrue();
    }

    @Test
    void countsTheSameFromManyThreads() throws Exception {
        List<String> texts = IntStream.range(0, 200)
                .mapToObj(i -> "Übermäßig lange Wörter, 日本語 and 👍🏽 number " + i + " " + "x ".repeat(i))
                .toList();
        List<Integer> expected = texts.stream().map(tokens::count).toList();
        Callable<List<Integer>> count = () -> texts.stream().map(tokens::count).toList();

        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            for (Future<List<Integer>> counted :
                    threads.invokeAll(List.of(count, count, count, count, count, count, count, count))) {
                assertThat(counted.get()).isEqualTo(expected);
            }
        }
    }
}
