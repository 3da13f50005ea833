package dev.freshet.index;

/** Why an index did not carry out a write: somebody else's came before it. */
public enum Refusal {
    /** The index holds a newer version of the document, or knows that a newer one removed it. */
    OLDER,
    /** The document is no longer what the write was planned on; it must be planned again. */
    MOVED
}
