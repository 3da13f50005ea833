package dev.freshet.config;

import static java.util.Objects.requireNonNull;

/** How points look to others who read a Qdrant collection. */
public record PayloadConfig(
        @Key(byDefault = "freshet", value = """
                        Where text and metadata stand in a point's payload: `freshet`, or as the Qdrant store of \
                        `langchain4j`, `langchain`, `llama-index`, `spring-ai` or `haystack` expects them.""") PayloadLayout layout) {

    public PayloadConfig {
        requireNonNull(layout);
    }
}
