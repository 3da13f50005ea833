package dev.freshet.chunk;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
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
