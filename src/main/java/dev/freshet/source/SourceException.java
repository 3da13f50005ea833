package dev.freshet.source;

import org.jspecify.annotations.Nullable;

/** The source cannot be captured or read; the message says what to do. */
public final class SourceException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final boolean permanent;

    private SourceException(String message, @Nullable Throwable cause, boolean permanent) {
        super(message, cause);
        this.permanent = permanent;
    }

    /** Something that only a person can change. */
    public static SourceException permanent(String message) {
        return new SourceException(message, null, true);
    }

    /** The database did not answer as expected; it may later. */
    public static SourceException transientFailure(String message, @Nullable Throwable cause) {
        return new SourceException(message, cause, false);
    }

    /** Whether trying again is pointless. */
    public boolean isPermanent() {
        return permanent;
    }
}
