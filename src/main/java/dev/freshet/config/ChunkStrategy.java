package dev.freshet.config;

/** Where a document's text may be cut. */
public enum ChunkStrategy {
    /** At paragraphs, then lines, sentences and words, as coarse as the size allows. */
    RECURSIVE,
    /** At headings and blocks of Markdown, each chunk keeping its headings. */
    MARKDOWN,
    /** Between sentences. */
    SENTENCE,
    /** Nowhere: one chunk per document. */
    WHOLE
}
