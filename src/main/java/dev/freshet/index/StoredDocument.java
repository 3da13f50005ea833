package dev.freshet.index;

import java.util.List;

/** A document as the index holds it, with the chunks its head lists, in order. */
public record StoredDocument(DocumentHead head, List<StoredChunk> chunks) {

    public StoredDocument {
        chunks = List.copyOf(chunks);
    }
}
