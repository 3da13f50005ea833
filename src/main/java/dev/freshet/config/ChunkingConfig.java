package dev.freshet.config;

import static java.util.Objects.requireNonNull;

/**
 * How documents are split into chunks.
 *
 * @param size the most tokens of the embedding model in a chunk
 * @param overlap tokens repeated from the chunk before; less than {@code size}
 */
public record ChunkingConfig(
        @Key(byDefault = "markdown", value = """
                        Where a text may be cut: `markdown` at headings and blocks, `recursive` at paragraphs, \
                        lines, sentences and words, `sentence` between sentences, `whole` nowhere.""") ChunkStrategy strategy,

        @Key(
                value = "The most tokens in a chunk, counted by the embedding model's own tokenizer.",
                byDefault = "256",
                min = "16",
                max = "8192")
        int size,

        @Key(value = "Tokens repeated from the chunk before; at most half of `size`.", byDefault = "0", min = "0")
        int overlap) {

    public ChunkingConfig {
        requireNonNull(strategy);
        if (overlap > size / 2) {
            throw new IllegalArgumentException("overlap " + overlap + " is more than half of size " + size
                    + ": chunks would mostly repeat each other");
        }
    }
}
