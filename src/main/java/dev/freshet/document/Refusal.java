package dev.freshet.document;

/** Carries the reason of a rejection from where it is found to {@link Mapping}, which makes it an {@link Outcome}. */
final class Refusal extends Exception {

    private static final long serialVersionUID = 1L;

    private final String reason;

    Refusal(String reason) {
        super(reason, null, false, false);
        this.reason = reason;
    }

    String reason() {
        return reason;
    }
}
