package dev.freshet.document;

import static java.util.Objects.requireNonNull;

/** What a mapping made of a row. */
public sealed interface Outcome {

    /** The row is this document. */
    record Made(Document document) implements Outcome {

        public Made {
            requireNonNull(document);
        }
    }

    /** The mapping's {@code when} says no: the row has no place in the index, and leaves it if it was there. */
    record NotMember() implements Outcome {}

    /**
     * The row cannot be made a document; the same row will be rejected again.
     *
     * @param stage the part of the mapping that failed: {@code when}, {@code tenant}, {@code metadata}, {@code id} or
     *     {@code text}
     * @param reason what is wrong and what would help, for people; tells names and types, never a row's values
     */
    record Rejected(String stage, String reason) implements Outcome {

        public Rejected {
            requireNonNull(stage);
            requireNonNull(reason);
        }
    }
}
