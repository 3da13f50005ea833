package dev.freshet.config;

/** Who can read the points of a Qdrant collection with a store of its own. */
public enum PayloadLayout {
    FRESHET,
    LANGCHAIN4J,
    LANGCHAIN,
    LLAMA_INDEX,
    SPRING_AI,
    HAYSTACK;

    /** As it is written in a configuration. */
    @Override
    public String toString() {
        return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }
}
