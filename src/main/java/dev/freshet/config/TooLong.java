package dev.freshet.config;

/** What becomes of a text that is longer than the embedding model sees. */
public enum TooLong {
    /** Its parts are embedded, and the vector is their mean, each with the weight of its tokens. */
    SPLIT("split"),

    /** Its end is not embedded. */
    TRUNCATE("truncate"),

    /** Its document becomes a dead letter. */
    DEAD_LETTER("dead-letter");

    private final String name;

    TooLong(String name) {
        this.name = name;
    }

    @Override
    public String toString() {
        return name;
    }
}
