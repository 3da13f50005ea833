package dev.freshet.config;

/** What a crash may do to the changes that are under way. */
public enum Delivery {
    /** They are processed again, with the same effect: the checkpoint moves behind what is durable in the index. */
    EFFECTIVELY_ONCE("effectively-once"),

    /** They are lost: the checkpoint moves before anything is embedded, so that nothing is embedded twice. */
    AT_MOST_ONCE("at-most-once");

    private final String name;

    Delivery(String name) {
        this.name = name;
    }

    @Override
    public String toString() {
        return name;
    }
}
