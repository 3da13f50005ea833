package dev.freshet.index;

import dev.freshet.change.Traceparent;
import dev.freshet.change.Version;
import dev.freshet.document.DocumentKey;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One document's change of the index. */
public sealed interface DocumentWrite {

    /** The document it is about. */
    DocumentKey key();

    /** The source's version that it brings. */
    Version version();

    /**
     * Makes the document what its head says.
     *
     * @param head its new head; of the chunks it lists, those not in {@code added} are in the index already
     * @param base the {@link DocumentHead#stamp} of the head that it was planned on, whose chunks it keeps; null when all
     *     chunks are {@code added}
     * @param added the chunks that are new
     * @param removed the ids of chunks that the document no longer has
     * @param payloadChanged whether the chunks that stay need their metadata and tenant rewritten
     */
    record Put(
            DocumentHead head,
            @Nullable String base,
            List<EmbeddedChunk> added,
            List<String> removed,
            boolean payloadChanged)
            implements DocumentWrite {

        public Put {
            added = List.copyOf(added);
            removed = List.copyOf(removed);
        }

        @Override
        public DocumentKey key() {
            return head.key();
        }

        @Override
        public Version version() {
            return head.version();
        }
    }

    /**
     * Removes the document with all its chunks, if there is one, and leaves a tombstone, which keeps older versions out
     * for as long as the index keeps it.
     *
     * @param trace which change removes it, if that is known
     */
    record Remove(
            DocumentKey key, Version version, @Nullable Traceparent trace) implements DocumentWrite {

        /** A removal of which nobody knows the change. */
        public Remove(DocumentKey key, Version version) {
            this(key, version, null);
        }
    }
}
