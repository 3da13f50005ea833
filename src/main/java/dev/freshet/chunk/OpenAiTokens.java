package dev.freshet.chunk;

import com.knuddels.jtokkit.Encodings;
import com.knuddels.jtokkit.api.Encoding;
import com.knuddels.jtokkit.api.EncodingRegistry;
import com.knuddels.jtokkit.api.EncodingType;
import com.knuddels.jtokkit.api.ModelType;
import java.util.Optional;

/** The tokens of OpenAI's models: a byte pair encoding without special tokens around a text. Thread-safe. */
public final class OpenAiTokens implements Tokenizer {

    private static final EncodingRegistry ENCODINGS = Encodings.newLazyEncodingRegistry();

    private final Encoding encoding;
    private final int maxTokens;

    private OpenAiTokens(EncodingType type, int maxTokens) {
        this.encoding = ENCODINGS.getEncoding(type);
        this.maxTokens = maxTokens;
    }

    /** Whether this names an encoding, such as {@code cl100k_base}. */
    public static boolean isEncoding(String name) {
        return EncodingType.fromName(name).isPresent();
    }

    /** Counts by an encoding of this name, which {@link #isEncoding is one}. */
    public static OpenAiTokens ofEncoding(String name, int maxTokens) {
        return new OpenAiTokens(EncodingType.fromName(name).orElseThrow(), maxTokens);
    }

    /**
     * Counts as a model of OpenAI's does; empty if there is no such model.
     *
     * @param maxTokens the most tokens it sees; 0 for what is known of it
     */
    public static Optional<OpenAiTokens> ofModel(String name, int maxTokens) {
        return ModelType.fromName(name)
                .map(model -> new OpenAiTokens(
                        model.getEncodingType(), maxTokens == 0 ? model.getMaxContextLength() : maxTokens));
    }

    @Override
    public int count(String text) {
        return encoding.countTokensOrdinary(text);
    }

    @Override
    public int specialTokens() {
        return 0;
    }

    @Override
    public int maxTokens() {
        return maxTokens;
    }

    @Override
    public String fingerprint() {
        return encoding.getName() + "-" + maxTokens;
    }
}
