package dev.freshet.config;

import static java.util.Objects.requireNonNull;

/** One collection of the index. */
public record CollectionConfig(
        @Key("How documents are split.") ChunkingConfig chunking) {

    public CollectionConfig {
        requireNonNull(chunking);
    }
}
