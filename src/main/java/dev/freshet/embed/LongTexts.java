package dev.freshet.embed;

import dev.freshet.chunk.Tokenizer;
import dev.freshet.config.TooLong;
import dev.freshet.embed.Calls.Result;
import java.util.function.Function;

/** What becomes of a text that is longer than the model sees: never lost silently. */
final class LongTexts {

    /** A model that refuses so little does not refuse it for its length. */
    private static final int SHORTEST = 8;

    private final TooLong policy;
    private final Tokenizer tokenizer;

    LongTexts(TooLong policy, Tokenizer tokenizer) {
        this.policy = policy;
        this.tokenizer = tokenizer;
    }

    /**
     * Embeds a text that is too long.
     *
     * @param reason why it is known to be
     * @param parts embeds what is shorter; a part that is still too long comes back here
     */
    Result embed(String text, String reason, Function<String, Result> parts) {
        if (text.length() < SHORTEST || policy == TooLong.DEAD_LETTER) {
            return new Result.Failure(new EmbeddingException(
                    "the text is too long for the embedding model: " + reason + " (embedding.remote.tooLong is "
                            + policy + ")",
                    null));
        }
        return policy == TooLong.TRUNCATE ? parts.apply(beginning(text)) : mean(text, parts);
    }

    private String beginning(String text) {
        int tokens = tokenizer.specialTokens() + tokenizer.count(text);
        // Refused although it seemed to fit: the count was too low, by how much nobody says.
        double share = tokens > tokenizer.maxTokens() ? (double) tokenizer.maxTokens() / tokens : 0.75;
        return text.substring(0, cut(text, Math.max(1, (int) (text.length() * share))));
    }

    private Result mean(String text, Function<String, Result> parts) {
        int middle = cut(text, text.length() / 2);
        String head = text.substring(0, middle);
        String tail = text.substring(middle);
        if (head.isBlank() || tail.isBlank()) {
            return parts.apply(head.isBlank() ? tail : head);
        }
        Result first = parts.apply(head);
        Result second = parts.apply(tail);
        if (!(first instanceof Result.Vector a)) {
            return first;
        }
        if (!(second instanceof Result.Vector b)) {
            return second;
        }
        double weight = tokenizer.count(head);
        double otherWeight = tokenizer.count(tail);
        float[] mean = new float[a.values().length];
        for (int i = 0; i < mean.length; i++) {
            mean[i] = (float) ((a.values()[i] * weight + b.values()[i] * otherWeight) / (weight + otherWeight));
        }
        return Vectors.unit(mean, mean.length);
    }

    /** Where to cut near a place: behind a space not far before it, and never through a character. */
    private static int cut(String text, int near) {
        int space = text.lastIndexOf(' ', near - 1);
        if (space >= near - near / 4 && space > 0) {
            return space + 1;
        }
        return Character.isLowSurrogate(text.charAt(near)) ? near + 1 : near;
    }
}
