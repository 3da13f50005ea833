package dev.freshet.index;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The index could not do what it was asked; {@link #kind} tells whether asking again can help. */
public final class IndexException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** What the adapter knows about a failure; the pipeline decides what follows. */
    public enum Kind {
        /** Gone when tried again: a lost connection, a timeout. */
        TRANSIENT,
        /** The index asks for less at a time, or for patience. */
        OVERLOADED,
        /** The same request will always fail. */
        PERMANENT,
        /** The index itself has given up: no request's fault, and nothing helps but to open it anew. */
        BROKEN
    }

    private final Kind kind;
    private final @Nullable Duration retryAfter;

    public IndexException(Kind kind, String message, @Nullable Throwable cause) {
        this(kind, message, null, cause);
    }

    /** A failure of an index that wants to be left alone for a time. */
    public IndexException(Kind kind, String message, @Nullable Duration retryAfter, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
        this.retryAfter = retryAfter;
    }

    /** What was asked for makes no sense to the index, and never will. */
    public static IndexException refused(String message) {
        return new IndexException(Kind.PERMANENT, message, null);
    }

    /** Whether asking again can help. */
    public Kind kind() {
        return kind;
    }

    /** How long the index wants to be left alone, if it said so. */
    public Optional<Duration> retryAfter() {
        return Optional.ofNullable(retryAfter);
    }
}
