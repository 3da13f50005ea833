package dev.freshet.index;

import java.util.List;

/**
 * A chunk that was found.
 *
 * @param score how well it answers the query, on the scale of the {@link IndexQuery}; higher is better
 * @param document the head of its document, of the same version as the chunk
 * @param chunkId its id
 * @param ordinal its place among the document's chunks, from 0
 * @param text its text
 * @param headings the path of headings it stands under
 */
public record SearchHit(
        float score, DocumentHead document, String chunkId, int ordinal, String text, List<String> headings) {

    public SearchHit {
        headings = List.copyOf(headings);
    }
}
