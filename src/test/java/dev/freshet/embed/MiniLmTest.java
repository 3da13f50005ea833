package dev.freshet.embed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.freshet.chunk.Chunk;
import dev.freshet.chunk.Chunker;
import dev.freshet.chunk.ChunkingSpec;
import dev.freshet.chunk.ChunkingSpec.Strategy;
import dev.freshet.document.DocumentKey;
import dev.freshet.embed.Embedder.Priority;
import dev.freshet.telemetry.Meters;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The packaged model itself. */
@Timeout(60)
final class MiniLmTest {

    private static final String REFUND = "A refund takes five to ten business days after the parcel has come back. ";
    private static final String WEATHER = "Rain is expected in the mountains and a strong wind blows from the west. ";

    private static LoadedModel model;

    @BeforeAll
    static void load() {
        model = MiniLm.load(2);
    }

    private static LoadedModel with(int threads) {
        return new LoadedModel(model.model(), model.tokenizer(), model.dimension(), model.fingerprint(), threads);
    }

    private static float[] embed(String text) {
        return model.model().embed(text).content().vector();
    }

    private static double cosine(float[] a, float[] b) {
        double dot = 0;
        double lengthA = 0;
        double lengthB = 0;
        for (int i = 0; i < a.length; i++) {
            dot += (double) a[i] * b[i];
            lengthA += (double) a[i] * a[i];
            lengthB += (double) b[i] * b[i];
        }
        return dot / Math.sqrt(lengthA * lengthB);
    }

    @Test
    void hasItsDimensionAndLengthOne() {
        float[] vector = embed(REFUND);

        assertThat(vector).hasSize(384).hasSize(model.dimension());
        assertThat(model.model().dimension()).isEqualTo(384);
        double length = 0;
        for (float each : vector) {
            length += (double) each * each;
        }
        assertThat(length).isCloseTo(1, within(1e-5));
        assertThat(model.threads()).isEqualTo(2);
        assertThat(model.fingerprint()).startsWith(MiniLm.NAME + "/");
    }

    @Test
    void nearMeansNear() {
        float[] question = embed("How long until I get my money back?");

        assertThat(cosine(question, embed(REFUND))).isGreaterThan(0.4).isGreaterThan(cosine(question, embed(WEATHER)));
    }

    @Test
    void theSameTextHasTheSameVectorWhateverRunsBesideIt() throws Exception {
        var texts = new ArrayList<String>();
        for (int i = 0; i < 24; i++) {
            texts.add(REFUND + "Parcel " + i + ". " + WEATHER.repeat(i % 4));
        }
        List<float[]> alone = texts.stream().map(MiniLmTest::embed).toList();

        try (var meters = new Meters();
                var embedder = Embedder.of(with(3), meters)) {
            for (int round = 0; round < 2; round++) {
                List<CompletableFuture<float[]>> together = embedder.submit(texts, Priority.BACKFILL);
                try (var reference = Embedder.of(with(1), meters)) {
                    for (int i = 0; i < texts.size(); i++) {
                        float[] expected = reference
                                .submit(List.of(texts.get(i)), Priority.LIVE)
                                .getFirst()
                                .get(30, TimeUnit.SECONDS);
                        assertThat(together.get(i).get(30, TimeUnit.SECONDS)).isEqualTo(expected);
                    }
                }
            }
        }
        assertThat(texts.stream().map(MiniLmTest::embed).map(Arrays::toString))
                .isEqualTo(alone.stream().map(Arrays::toString).toList());
    }

    @Test
    void seesTheEndOfALongText() {
        String head = REFUND.repeat(9);
        String text = head + REFUND.repeat(18);
        String other = head + WEATHER.repeat(18);
        assertThat(model.tokenizer().count(head)).isGreaterThan(128);
        assertThat(model.tokenizer().count(text)).isBetween(380, 510);
        assertThat(model.tokenizer().count(other)).isBetween(300, 510);

        assertThat(cosine(embed(text), embed(other))).isLessThan(0.999);
        assertThat(cosine(embed(text), embed(head + WEATHER))).isLessThan(0.9999);
    }

    @Test
    void noChunkIsLongerThanWhatItSees() {
        assertThat(model.tokenizer().maxTokens()).isEqualTo(512);
        assertThatThrownBy(() -> new Chunker(new ChunkingSpec(Strategy.RECURSIVE, 513, 0), model.tokenizer()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("at most 512");

        var chunker = new Chunker(new ChunkingSpec(Strategy.RECURSIVE, 512, 0), model.tokenizer());
        String unbroken = "Donaudampfschifffahrtsgesellschaft".repeat(300);
        List<Chunk> chunks = new ArrayList<>(chunker.chunk(new DocumentKey("m", "1"), REFUND.repeat(100)));
        chunks.addAll(chunker.chunk(new DocumentKey("m", "2"), unbroken));

        assertThat(chunks).hasSizeGreaterThan(4).allSatisfy(chunk -> {
            int tokens = model.tokenizer().count(chunk.embeddingText())
                    + model.tokenizer().specialTokens();
            assertThat(tokens).isEqualTo(chunk.tokens()).isLessThanOrEqualTo(512);
        });
    }
}
