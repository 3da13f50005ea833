package dev.freshet.chunk;

import static java.util.Objects.requireNonNull;

import java.util.Locale;

/**
 * How documents are cut.
 *
 * @param strategy what counts as a good place to cut
 * @param size the most tokens of a chunk, with its headings, its overlap and the model's special tokens
 * @param overlap the most tokens a chunk repeats from the text before it
 */
public record ChunkingSpec(Strategy strategy, int size, int overlap) {

    public static final int SMALLEST_SIZE = 16;

    public static final ChunkingSpec DEFAULT = new ChunkingSpec(Strategy.MARKDOWN, 256, 0);

    /** Raised whenever the same text and spec would give other chunks than before. */
    private static final int ALGORITHM = 1;

    /** What counts as a good place to cut. Every strategy falls back to words, then to characters as people see them. */
    public enum Strategy {
        /** Paragraphs, then lines, then sentences. */
        RECURSIVE,
        /** Headings, then paragraphs, list items and sentences; code and tables stay whole where they fit. */
        MARKDOWN,
        /** Sentences, best the last of a paragraph; lines mean nothing, as in text that was wrapped by hand. */
        SENTENCE,
        /** One chunk where the document fits into {@code size}, else like {@link #RECURSIVE}. */
        WHOLE
    }

    public ChunkingSpec {
        requireNonNull(strategy);
        if (size < SMALLEST_SIZE) {
            throw new IllegalArgumentException(
                    "chunk size %d is too small: use at least %d tokens".formatted(size, SMALLEST_SIZE));
        }
        if (overlap < 0 || overlap * 2L >= size) {
            throw new IllegalArgumentException(
                    "chunk overlap %d must be 0 or more, and less than half of the chunk size %d"
                            .formatted(overlap, size));
        }
    }

    /** Two specs with the same fingerprint cut the same text into the same chunks, given the same tokenizer. */
    public String fingerprint() {
        return "%s-%d-%d-v%d".formatted(strategy.name().toLowerCase(Locale.ROOT), size, overlap, ALGORITHM);
    }
}
