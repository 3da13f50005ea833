package dev.freshet.embed;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A text could not be embedded: because of the text, or because the model does not answer now. */
public final class EmbeddingException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final boolean isTransient;
    private final @Nullable Duration retryAfter;

    /** The text is at fault: it will not be embedded later either. */
    public EmbeddingException(String message, @Nullable Throwable cause) {
        this(message, cause, false, null);
    }

    private EmbeddingException(
            String message, @Nullable Throwable cause, boolean isTransient, @Nullable Duration retryAfter) {
        super(message, cause);
        this.isTransient = isTransient;
        this.retryAfter = retryAfter;
    }

    /**
     * The model does not answer now; the text may be embedded later.
     *
     * @param retryAfter when it is worth trying again, if that is known
     */
    public static EmbeddingException unavailable(String message, @Nullable Duration retryAfter) {
        return new EmbeddingException(message, null, true, retryAfter);
    }

    /** The same failure, for whoever waited for a text: the message says what that was. */
    public EmbeddingException of(String what) {
        return new EmbeddingException(what + ": " + getMessage(), this, isTransient, retryAfter);
    }

    /** Whether the same text may be embedded later. */
    public boolean isTransient() {
        return isTransient;
    }

    /** When it is worth trying again; null if that is not known. */
    public @Nullable Duration retryAfter() {
        return retryAfter;
    }
}
