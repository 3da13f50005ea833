package dev.freshet.embed;

import dev.freshet.chunk.Tokenizer;
import dev.langchain4j.model.embedding.EmbeddingModel;
import org.jspecify.annotations.Nullable;

/**
 * An embedding model, ready.
 *
 * @param model safe for several threads
 * @param tokenizer its own tokens
 * @param dimension of its vectors
 * @param fingerprint tells models apart whose vectors must not be mixed
 * @param threads how many calls at once it is fastest with, or allows
 * @param service how a model at a service is used; null for one in this process, which gets one text per call
 */
public record LoadedModel(
        EmbeddingModel model,
        Tokenizer tokenizer,
        int dimension,
        String fingerprint,
        int threads,
        @Nullable ServiceLimits service) {

    /** A model in this process. */
    public LoadedModel(EmbeddingModel model, Tokenizer tokenizer, int dimension, String fingerprint, int threads) {
        this(model, tokenizer, dimension, fingerprint, threads, null);
    }

    /** Embeds a text, to see whether it works; the dimension of the vector that came. A service had to when it was loaded. */
    public int tryOut() {
        return service != null
                ? dimension
                : model.embed("How is the weather?").content().dimension();
    }
}
