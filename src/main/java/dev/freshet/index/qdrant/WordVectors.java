package dev.freshet.index.qdrant;

/** Who makes the sparse vectors that a collection is ranked with by words. Settled when it is created. */
enum WordVectors {
    /** Nobody: the layout's readers do not bear them. */
    NONE,
    /** Freshet, as the server would. */
    OWN,
    /** The server. */
    SERVER;

    /** The name of the vector. */
    static final String NAME = "bm25";

    /** What the server calls it. */
    static final String MODEL = "qdrant/bm25";
}
