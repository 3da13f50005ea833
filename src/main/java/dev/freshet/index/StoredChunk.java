package dev.freshet.index;

import java.util.List;

/** A chunk as the index holds it, for comparing an index with its source. */
public record StoredChunk(String id, String text, List<String> headings, String hash, float[] vector) {

    public StoredChunk {
        headings = List.copyOf(headings);
    }
}
