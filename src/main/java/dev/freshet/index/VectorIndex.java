package dev.freshet.index;

import dev.freshet.change.SourcePosition;
import dev.freshet.change.Version;
import dev.freshet.document.DocumentKey;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A vector index: named collections of documents, each a head with its chunks.
 *
 * <p>Readers never see a document half changed: of each document they find exactly the chunks that one version of its
 * head lists. Safe for use by several threads, and the same collection by several processes where an implementation says
 * so; two threads of one process must not write the same document at once.
 *
 * <p>Every method but {@link #describe}, {@link #create} and {@link #drop} takes a collection that exists and throws
 * {@link IndexException} otherwise, and when the index cannot do its work.
 */
public interface VectorIndex extends AutoCloseable {

    /** How long tombstones are kept where nobody says otherwise. */
    Duration TOMBSTONES = Duration.ofDays(7);

    /** What there is under this name, if there is a collection of this name. */
    Optional<CollectionState> describe(String collection);

    /** Creates an empty collection; if there is one, records its new spec, which must have the same model and dimension. */
    void create(String collection, CollectionSpec spec);

    /** Removes a collection with everything in it; nothing happens where there is none. */
    void drop(String collection);

    /** The heads of those of the documents that the collection holds. */
    Map<DocumentKey, DocumentHead> heads(String collection, Collection<DocumentKey> keys);

    /** A document with its chunks, if the collection holds it. */
    Optional<StoredDocument> document(String collection, DocumentKey key);

    /**
     * What the collection remembers of a document that was removed, by itself or with its mapping; nothing where it holds
     * the document, or has forgotten it.
     */
    Optional<Tombstone> tombstone(String collection, DocumentKey key);

    /**
     * Applies the writes, of different documents. When it returns they can be found, and what {@link #flush} is called
     * for after is durable. When it throws, some may have been applied; applying them again does no harm.
     *
     * <p>An older version never replaces a newer one, nor what a newer one removed, whoever else writes to the index at
     * the same time. Of equal versions the later write counts.
     *
     * @return the documents that were not written, because somebody else's write came before
     */
    Map<DocumentKey, Refusal> apply(String collection, List<DocumentWrite> writes);

    /**
     * Removes every document of a mapping that is not newer than the version, and keeps older versions out as {@link
     * DocumentWrite.Remove} does; returns how many there were.
     */
    long truncate(String collection, String mapping, Version version);

    /** Removes every document of a mapping, of whatever version, without a trace; returns how many there were. */
    long removeAll(String collection, String mapping);

    /**
     * Makes durable, in all collections, whatever was applied before the call.
     *
     * @param position what the index is current to; kept with it, read by {@link #describe}
     */
    void flush(@Nullable SourcePosition position);

    /**
     * The chunks that answer the query best, best first; chunks of equal score in the order of their ids. The answer is
     * from one state of the collection.
     */
    List<SearchHit> search(String collection, IndexQuery query);

    /** Hands every document to the consumer, as of one moment, in no particular order. */
    void scan(String collection, Consumer<StoredDocument> consumer);

    /** Closes the index; what was not flushed may be lost. */
    @Override
    void close();
}
