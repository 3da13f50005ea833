package dev.freshet.embed;

import org.jspecify.annotations.Nullable;

/** A text could not be embedded. */
public final class EmbeddingException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public EmbeddingException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
