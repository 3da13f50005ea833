package dev.freshet.pipeline;

import dev.freshet.change.SourcePosition;
import dev.freshet.change.Version;
import dev.freshet.document.DocumentKey;
import dev.freshet.index.CollectionSpec;
import dev.freshet.index.CollectionState;
import dev.freshet.index.DocumentHead;
import dev.freshet.index.DocumentWrite;
import dev.freshet.index.IndexException;
import dev.freshet.index.IndexQuery;
import dev.freshet.index.Refusal;
import dev.freshet.index.SearchHit;
import dev.freshet.index.StoredDocument;
import dev.freshet.index.Tombstone;
import dev.freshet.index.VectorIndex;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A real index that notes what was done to it, and fails where it is told to. */
final class RecordingIndex implements VectorIndex {

    /** What was done, in order: {@code apply 1,2}, {@code flush 7}, and what others note. */
    final List<String> log = new CopyOnWriteArrayList<>();

    /** How often applying still fails for a while. */
    final AtomicInteger transientFailures = new AtomicInteger();

    /** How often flushing still fails for a while. */
    final AtomicInteger flushFailures = new AtomicInteger();

    /** The row whose document is never taken. */
    volatile @Nullable String refused;

    /** What applying fails with that nobody knows. */
    volatile @Nullable RuntimeException bug;

    private final VectorIndex index;

    RecordingIndex(VectorIndex index) {
        this.index = index;
    }

    @Override
    public Map<DocumentKey, Refusal> apply(String collection, List<DocumentWrite> writes) {
        if (bug != null) {
            throw bug;
        }
        if (transientFailures.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
            throw new IndexException(IndexException.Kind.TRANSIENT, "the index is away for a moment", null);
        }
        if (writes.stream().anyMatch(write -> write.key().row().equals(refused))) {
            throw new IndexException(IndexException.Kind.PERMANENT, "the index will not have it", null);
        }
        Map<DocumentKey, Refusal> late = index.apply(collection, writes);
        log.add("apply "
                + String.join(
                        ",", writes.stream().map(write -> write.key().row()).toList()));
        return late;
    }

    @Override
    public long truncate(String collection, String mapping, Version version) {
        return index.truncate(collection, mapping, version);
    }

    @Override
    public void flush(@Nullable SourcePosition position) {
        if (flushFailures.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
            throw new IndexException(IndexException.Kind.TRANSIENT, "the disk is away for a moment", null);
        }
        index.flush(position);
        log.add("flush " + (position == null ? "nothing" : position.version().commit()));
    }

    @Override
    public Optional<CollectionState> describe(String collection) {
        return index.describe(collection);
    }

    @Override
    public void create(String collection, CollectionSpec spec) {
        index.create(collection, spec);
    }

    @Override
    public void drop(String collection) {
        index.drop(collection);
    }

    @Override
    public Map<DocumentKey, DocumentHead> heads(String collection, Collection<DocumentKey> keys) {
        return index.heads(collection, keys);
    }

    @Override
    public Optional<StoredDocument> document(String collection, DocumentKey key) {
        return index.document(collection, key);
    }

    @Override
    public Optional<Tombstone> tombstone(String collection, DocumentKey key) {
        return index.tombstone(collection, key);
    }

    @Override
    public long removeAll(String collection, String mapping) {
        return index.removeAll(collection, mapping);
    }

    @Override
    public List<SearchHit> search(String collection, IndexQuery query) {
        return index.search(collection, query);
    }

    @Override
    public void scan(String collection, Consumer<StoredDocument> consumer) {
        index.scan(collection, consumer);
    }

    @Override
    public void close() {
        index.close();
    }
}
