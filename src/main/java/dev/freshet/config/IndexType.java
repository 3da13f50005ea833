package dev.freshet.config;

/** The kinds of vector indexes Freshet writes to. */
public enum IndexType {
    /** Inside Freshet's own process, in files; no server. */
    LUCENE,
    /** A Qdrant server. */
    QDRANT
}
