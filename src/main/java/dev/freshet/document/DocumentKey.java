package dev.freshet.document;

import static java.util.Objects.requireNonNull;

/**
 * What makes a document one and the same over time, inside its collection: the mapping that makes it and the primary key
 * of its row (as {@link dev.freshet.change.RowKey#text} writes it), which is all that a delete carries.
 */
public record DocumentKey(String mapping, String row) implements Comparable<DocumentKey> {

    public DocumentKey {
        requireNonNull(mapping);
        requireNonNull(row);
    }

    @Override
    public int compareTo(DocumentKey other) {
        int byMapping = mapping.compareTo(other.mapping);
        return byMapping != 0 ? byMapping : row.compareTo(other.row);
    }

    /** {@code mapping/row}: unambiguous, since a mapping's name has no slash. */
    @Override
    public String toString() {
        return mapping + "/" + row;
    }
}
