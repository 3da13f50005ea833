package dev.freshet.embed;

import dev.freshet.chunk.Tokenizer;
import dev.langchain4j.model.embedding.EmbeddingModel;

/**
 * An embedding model, ready.
 *
 * @param model embeds one text per call; safe for several threads
 * @param tokenizer its own tokens
 * @param dimension of its vectors
 * @param fingerprint tells models apart whose vectors must not be mixed
 * @param threads how many calls at once it is fastest with
 */
public record LoadedModel(EmbeddingModel model, Tokenizer tokenizer, int dimension, String fingerprint, int threads) {

    /** Embeds a text, to see whether it works; the dimension of the vector that came. */
    public int tryOut() {
        return model.embed("How is the weather?").content().dimension();
    }
}
