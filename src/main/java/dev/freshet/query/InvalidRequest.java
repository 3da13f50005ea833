package dev.freshet.query;

/** A request that makes no sense; the message tells the caller why. */
public final class InvalidRequest extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public InvalidRequest(String message) {
        super(message);
    }
}
