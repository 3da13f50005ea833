package dev.freshet.config;

import static java.util.Objects.requireNonNull;

/**
 * The embedding model.
 *
 * @param threads texts embedded at the same time; 0 for one per core
 */
public record EmbeddingConfig(
        @Key(
                value = "The embedding model: `all-minilm-l6-v2-q` runs inside Freshet and needs no download.",
                byDefault = "all-minilm-l6-v2-q")
        String model,

        @Key(value = "Texts embedded at the same time; 0 means one per core.", byDefault = "0", min = "0", max = "1024")
        int threads) {

    public EmbeddingConfig {
        requireNonNull(model);
    }
}
