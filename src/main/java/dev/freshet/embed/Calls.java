package dev.freshet.embed;

import dev.freshet.embed.Embedder.Priority;
import java.util.List;

/** How the embedder calls its model. Thread-safe. */
sealed interface Calls permits LocalCalls, ServiceCalls {

    /** What became of a text. */
    sealed interface Result {

        /** It has a vector, of length one. */
        record Vector(float[] values) implements Result {}

        /** It could not be embedded. */
        record Failure(EmbeddingException reason) implements Result {}
    }

    /**
     * Embeds the texts of one call.
     *
     * @return a result for each text, in their order
     */
    List<Result> embed(List<String> texts, Priority priority);

    /** The most texts of one call. */
    int mostTexts();

    /** The most tokens of one call. */
    int mostTokens();

    /** What a text counts for in {@link #mostTokens}. */
    int tokens(String text);

    /** From now on nothing is tried again. */
    void stop();

    /** What it is doing. */
    EmbedderStatus status();
}
