package dev.freshet.daemon;

import org.jspecify.annotations.Nullable;

/** The daemon cannot start; the message says what to do. */
public final class StartupException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public StartupException(String message) {
        this(message, null);
    }

    public StartupException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
