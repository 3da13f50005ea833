package dev.freshet.chunk;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * A piece of a document's text that is embedded and found as one.
 *
 * @param id a UUID from the document's identity and this chunk's content, so that an unchanged chunk keeps its id when
 *     its neighbours change
 * @param start where it begins in the document's text with its overlap, in UTF-16 units
 * @param bodyStart where its own part begins, after the overlap with the chunk before
 * @param end where it ends, exclusive; the bodies of a document's chunks concatenate to its text
 * @param text the document's text from {@code start} to {@code end}
 * @param headings the path of headings it stands under, outermost first
 * @param tokens what {@link #embeddingText} costs in the model's own tokens, special tokens included
 * @param hash SHA-256 of {@link #embeddingText} in hexadecimal
 */
public record Chunk(
        String id, int start, int bodyStart, int end, String text, List<String> headings, int tokens, String hash) {

    public Chunk {
        requireNonNull(id);
        requireNonNull(text);
        headings = List.copyOf(headings);
        requireNonNull(hash);
        if (start < 0 || bodyStart < start || end < bodyStart) {
            throw new IllegalArgumentException("chunk bounds %d, %d, %d".formatted(start, bodyStart, end));
        }
    }

    /** What is embedded: the path of headings, a blank line, the text. */
    public String embeddingText() {
        return embeddingText(headings, text);
    }

    /** What is embedded of a chunk with these headings and this text. */
    public static String embeddingText(List<String> headings, String text) {
        return headings.isEmpty() ? text : String.join(" > ", headings) + "\n\n" + text;
    }
}
