package dev.freshet.bench;

import dev.freshet.chunk.Tokenizer;
import dev.freshet.embed.LoadedModel;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.output.Response;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;

/**
 * An embedding model that takes a small constant time and gives every text its own random direction: it measures and
 * tests everything but the embedding. Counts its calls.
 */
public final class StandInModel implements EmbeddingModel, Tokenizer {

    private static final int DIMENSION = 384;
    private static final int CHARACTERS_PER_TOKEN = 4;

    private final AtomicLong calls = new AtomicLong();

    /** This model, ready. */
    public LoadedModel load() {
        return new LoadedModel(
                this, this, DIMENSION, fingerprint(), Runtime.getRuntime().availableProcessors());
    }

    /** How many texts were embedded. */
    public long calls() {
        return calls.get();
    }

    @Override
    public Response<List<Embedding>> embedAll(List<TextSegment> segments) {
        return Response.from(segments.stream()
                .map(segment -> Embedding.from(vector(segment.text())))
                .toList());
    }

    private float[] vector(String text) {
        calls.incrementAndGet();
        long seed = 1125899906842597L;
        for (int i = 0; i < text.length(); i++) {
            seed = 31 * seed + text.charAt(i);
        }
        var random = new SplittableRandom(seed);
        float[] vector = new float[DIMENSION];
        for (int i = 0; i < DIMENSION; i++) {
            vector[i] = (float) (random.nextDouble() - 0.5);
        }
        return vector;
    }

    @Override
    public int count(String text) {
        return (text.length() + CHARACTERS_PER_TOKEN - 1) / CHARACTERS_PER_TOKEN;
    }

    @Override
    public int specialTokens() {
        return 2;
    }

    @Override
    public int maxTokens() {
        return 512;
    }

    @Override
    public String fingerprint() {
        return "stand-in/1";
    }
}
