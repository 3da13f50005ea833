package dev.freshet.deadletter;

import org.jspecify.annotations.Nullable;

/** A document can neither be processed nor parked now, because the disk does not take it: it has to wait. */
public final class NotParked extends RuntimeException {

    private static final long serialVersionUID = 1L;

    NotParked(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
