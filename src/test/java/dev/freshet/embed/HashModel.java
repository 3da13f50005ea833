package dev.freshet.embed;

import dev.freshet.chunk.EstimatedTokens;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.output.Response;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;

/** A model whose vectors come from the hash of the text; it remembers what it was asked, and can be held up or fail. */
public final class HashModel implements EmbeddingModel {

    public static final int DIMENSION = 16;

    /** A text with this cannot be embedded. */
    public static final String POISON = "poison";

    /** A text with this waits for {@link #slow}. */
    public static final String SLOW = "slowly";

    /** What slow texts need one each of. */
    public final Semaphore slow = new Semaphore(0);

    /** Whether it takes poison after all. */
    public volatile boolean immune;

    private final Queue<String> asked = new ConcurrentLinkedQueue<>();

    @Override
    public Response<Embedding> embed(String text) {
        asked.add(text);
        if (text.contains(POISON) && !immune) {
            throw new IllegalArgumentException("the model does not like this text");
        }
        if (text.contains(SLOW)) {
            slow.acquireUninterruptibly();
        }
        return Response.from(Embedding.from(vector(text)));
    }

    /** This model, ready. */
    public LoadedModel load(int threads) {
        return load(this, DIMENSION, threads);
    }

    /** Any model in this process. */
    static LoadedModel load(EmbeddingModel model, int dimension, int threads) {
        return new LoadedModel(model, new EstimatedTokens(512), dimension, "hashes", threads);
    }

    /** The vector of a text. */
    public static float[] vector(String text) {
        var random = new Random(text.hashCode());
        float[] vector = new float[DIMENSION];
        for (int i = 0; i < DIMENSION; i++) {
            vector[i] = (float) random.nextGaussian();
        }
        return vector;
    }

    @Override
    public Response<List<Embedding>> embedAll(List<TextSegment> segments) {
        throw new UnsupportedOperationException("texts are embedded one by one");
    }

    /** The texts it was asked for, in order. */
    public List<String> asked() {
        return List.copyOf(asked);
    }
}
