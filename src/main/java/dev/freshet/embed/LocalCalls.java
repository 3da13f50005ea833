package dev.freshet.embed;

import dev.freshet.embed.Embedder.Priority;
import dev.freshet.telemetry.Meters;
import dev.langchain4j.model.embedding.EmbeddingModel;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A model in this process: one text per call, which alone gives a text one vector. What fails is the text's fault. */
final class LocalCalls implements Calls {

    private final EmbeddingModel model;
    private final int dimension;
    private final String name;
    private final Meters meters;
    private final AtomicLong requests = new AtomicLong();
    private volatile @Nullable String lastError;

    LocalCalls(EmbeddingModel model, int dimension, String name, Meters meters) {
        this.model = model;
        this.dimension = dimension;
        this.name = name;
        this.meters = meters;
    }

    @Override
    public List<Result> embed(List<String> texts, Priority priority) {
        return texts.stream().map(text -> embed(text, priority)).toList();
    }

    private Result embed(String text, Priority priority) {
        requests.incrementAndGet();
        long start = System.nanoTime();
        Result result;
        try {
            result = Vectors.unit(model.embed(text).content().vector(), dimension);
        } catch (RuntimeException | Error e) {
            result = new Result.Failure(new EmbeddingException("the embedding model failed: " + e, e));
        }
        Duration took = Duration.ofNanos(System.nanoTime() - start);
        if (priority == Priority.QUERY) {
            meters.stage("embed-query", took);
        } else {
            meters.embedded(took);
        }
        lastError = result instanceof Result.Failure failure ? failure.reason().getMessage() : null;
        return result;
    }

    @Override
    public int mostTexts() {
        return 1;
    }

    @Override
    public int mostTokens() {
        return Integer.MAX_VALUE;
    }

    @Override
    public int tokens(String text) {
        return 0;
    }

    @Override
    public void stop() {}

    @Override
    public EmbedderStatus status() {
        return new EmbedderStatus("in-process", name, null, requests.get(), 0, lastError);
    }
}
