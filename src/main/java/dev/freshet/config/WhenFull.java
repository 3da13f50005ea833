package dev.freshet.config;

/** What becomes of the next dead letter when there is no room for it. */
public enum WhenFull {
    /** Nothing: its batch waits, and capture with it, until letters were replayed or discarded. */
    HALT("halt"),

    /** The oldest letters are forgotten: nobody learns any more that their documents are not as they should be. */
    DROP_OLDEST("drop-oldest");

    private final String name;

    WhenFull(String name) {
        this.name = name;
    }

    @Override
    public String toString() {
        return name;
    }
}
