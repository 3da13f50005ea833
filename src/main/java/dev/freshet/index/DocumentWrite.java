package dev.freshet.index;

import dev.freshet.document.DocumentKey;
import java.util.List;

/** One document's change of the index. */
public sealed interface DocumentWrite {

    /** The document it is about. */
    DocumentKey key();

    /**
     * Makes the document what its head says.
     *
     * @param head its new head; of the chunks it lists, those not in {@code added} are in the index already
     * @param added the chunks that are new
     * @param removed the ids of chunks that the document no longer has
     * @param payloadChanged whether the chunks that stay need their metadata and tenant rewritten
     */
    record Put(DocumentHead head, List<EmbeddedChunk> added, List<String> removed, boolean payloadChanged)
            implements DocumentWrite {

        public Put {
            added = List.copyOf(added);
            removed = List.copyOf(removed);
        }

        @Override
        public DocumentKey key() {
            return head.key();
        }
    }

    /** Removes the document with all its chunks; nothing happens where there is no such document. */
    record Remove(DocumentKey key) implements DocumentWrite {}
}
