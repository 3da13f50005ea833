package dev.freshet.index;

import org.jspecify.annotations.Nullable;

/** The index could not do what it was asked; {@link #kind} tells whether asking again can help. */
public final class IndexException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** What the adapter knows about a failure; the pipeline decides what follows. */
    public enum Kind {
        /** Gone when tried again: a lost connection, a timeout. */
        TRANSIENT,
        /** The index asks for less at a time. */
        OVERLOADED,
        /** The same request will always fail. */
        PERMANENT
    }

    private final Kind kind;

    public IndexException(Kind kind, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    /** What was asked for makes no sense to the index, and never will. */
    public static IndexException refused(String message) {
        return new IndexException(Kind.PERMANENT, message, null);
    }

    /** Whether asking again can help. */
    public Kind kind() {
        return kind;
    }
}
