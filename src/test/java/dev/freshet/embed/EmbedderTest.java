package dev.freshet.embed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import dev.freshet.embed.Embedder.Priority;
import dev.freshet.telemetry.Meters;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.output.Response;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(20)
final class EmbedderTest {

    private final Meters meters = new Meters();
    private final HashModel model = new HashModel();
    private final Embedder embedder = Embedder.of(model.load(1), meters);

    @AfterEach
    void close() {
        model.slow.release(1_000);
        embedder.close();
        meters.close();
    }

    /** A model that gives whatever it is told to. */
    private record Fixed(Function<String, float[]> vectors) implements EmbeddingModel {

        @Override
        public Response<Embedding> embed(String text) {
            return Response.from(Embedding.from(vectors.apply(text)));
        }

        @Override
        public Response<List<Embedding>> embedAll(List<TextSegment> segments) {
            throw new UnsupportedOperationException();
        }
    }

    private void holdUp() {
        embedder.submit(List.of(HashModel.SLOW), Priority.QUERY);
        await().until(() -> model.asked().contains(HashModel.SLOW));
    }

    private static float[] get(CompletableFuture<float[]> vector) throws Exception {
        return vector.get(5, TimeUnit.SECONDS);
    }

    @Test
    void vectorsHaveTheDirectionOfTheModelsAndLengthOne() throws Exception {
        float[] vector = get(embedder.submit(List.of("text"), Priority.LIVE).getFirst());

        float[] raw = HashModel.vector("text");
        double length = Math.sqrt(dot(raw, raw));
        assertThat(dot(vector, vector)).isCloseTo(1, within(1e-6));
        assertThat(dot(vector, raw) / length).isCloseTo(1, within(1e-6));
    }

    private static double dot(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (double) a[i] * b[i];
        }
        return sum;
    }

    @Test
    void queriesGoBeforeLiveChangesAndThoseBeforeABackfill() throws Exception {
        holdUp();
        var backfill = embedder.submit(List.of("a page", "a longer page"), Priority.BACKFILL);
        embedder.submit(List.of("first change", "change"), Priority.LIVE);
        embedder.submit(List.of("query"), Priority.QUERY);
        model.slow.release();
        get(backfill.getFirst());

        assertThat(model.asked())
                .containsExactly(HashModel.SLOW, "query", "first change", "change", "a longer page", "a page");
    }

    @Test
    void aTextThatIsAskedForMoreUrgentlyMovesForward() throws Exception {
        holdUp();
        var pages = embedder.submit(List.of("a long page", "page"), Priority.BACKFILL);
        var query = embedder.submit(List.of("page"), Priority.QUERY);
        model.slow.release();

        assertThat(get(query.getFirst())).isEqualTo(get(pages.getLast()));
        get(pages.getFirst());
        assertThat(model.asked()).containsExactly(HashModel.SLOW, "page", "a long page");
    }

    @Test
    void aTextThatIsWaitingOrUnderWayIsEmbeddedOnce() throws Exception {
        var first = embedder.submit(List.of(HashModel.SLOW, "twice", "twice"), Priority.LIVE);
        await().until(() -> model.asked().contains(HashModel.SLOW));
        var second = embedder.submit(List.of(HashModel.SLOW, "twice"), Priority.BACKFILL);
        model.slow.release();

        assertThat(get(second.getFirst())).isEqualTo(get(first.getFirst()));
        assertThat(get(second.getLast())).isEqualTo(get(first.getLast()));
        assertThat(model.asked()).containsExactly(HashModel.SLOW, "twice");
        assertThat(meters.chunksEmbedded()).isEqualTo(2);
    }

    @Test
    void aTextThatIsDoneIsEmbeddedAgain() throws Exception {
        get(embedder.submit(List.of("text"), Priority.LIVE).getFirst());
        get(embedder.submit(List.of("text"), Priority.LIVE).getFirst());

        assertThat(model.asked()).containsExactly("text", "text");
    }

    @Test
    void oneTextThatFailsDoesNotTouchTheOthers() throws Exception {
        var vectors = embedder.submit(List.of("one", HashModel.POISON, "three"), Priority.LIVE);

        get(vectors.get(0));
        get(vectors.get(2));
        assertThatThrownBy(() -> get(vectors.get(1)))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOf(EmbeddingException.class)
                .hasMessageContaining("does not like");
        get(embedder.submit(List.of("after"), Priority.LIVE).getFirst());
    }

    @Test
    void aFailedTextCanBeAskedForAgain() {
        for (int i = 0; i < 2; i++) {
            var vector =
                    embedder.submit(List.of(HashModel.POISON), Priority.LIVE).getFirst();
            assertThatThrownBy(() -> get(vector)).hasCauseInstanceOf(EmbeddingException.class);
        }
        assertThat(model.asked()).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"short", "zero", "nan", "infinite", "error", "nothing"})
    void aVectorThatIsNoneIsAFailure(String kind) throws Exception {
        var fixed = new Fixed(text -> switch (text) {
            case "short" -> new float[] {1};
            case "zero" -> new float[] {0, 0};
            case "nan" -> new float[] {1, Float.NaN};
            case "infinite" -> new float[] {1, Float.POSITIVE_INFINITY};
            case "error" -> throw new AssertionError("a bug in the model");
            case "nothing" -> throw new NullPointerException();
            default -> new float[] {3, 4};
        });
        try (var strict = Embedder.of(HashModel.load(fixed, 2, 1), meters)) {
            var vector = strict.submit(List.of(kind), Priority.LIVE).getFirst();

            assertThatThrownBy(() -> get(vector)).hasCauseInstanceOf(EmbeddingException.class);
            assertThat(get(strict.submit(List.of("good"), Priority.LIVE).getFirst()))
                    .containsExactly(0.6f, 0.8f);
        }
    }

    @Test
    void runsAsManyAtOnceAsItHasThreads() throws Exception {
        try (var wide = Embedder.of(model.load(3), meters)) {
            var vectors = wide.submit(
                    List.of("a " + HashModel.SLOW, "b " + HashModel.SLOW, "c " + HashModel.SLOW, "d " + HashModel.SLOW),
                    Priority.LIVE);
            await().until(() -> model.asked().size() == 3);
            assertThat(vectors).noneMatch(CompletableFuture::isDone);
            model.slow.release(4);
            for (CompletableFuture<float[]> vector : vectors) {
                get(vector);
            }
        }
    }

    @Test
    void closeFinishesWhatIsUnderWayAndGivesUpWhatWaits() throws Exception {
        var vectors = embedder.submit(List.of(HashModel.SLOW, "waits"), Priority.LIVE);
        await().until(() -> model.asked().contains(HashModel.SLOW));
        Thread closing = Thread.ofPlatform().daemon().start(embedder::close);

        assertThatThrownBy(() -> get(vectors.getLast()))
                .cause()
                .isInstanceOf(EmbeddingException.class)
                .hasMessageContaining("stopping");
        model.slow.release();
        get(vectors.getFirst());
        closing.join(5_000);
        assertThat(closing.isAlive()).isFalse();
        assertThatThrownBy(() -> embedder.submit(List.of("late"), Priority.LIVE))
                .isInstanceOf(IllegalStateException.class);
    }
}
