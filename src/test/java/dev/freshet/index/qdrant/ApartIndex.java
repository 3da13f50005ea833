package dev.freshet.index.qdrant;

import dev.freshet.change.SourcePosition;
import dev.freshet.change.Version;
import dev.freshet.document.DocumentKey;
import dev.freshet.index.CollectionSpec;
import dev.freshet.index.CollectionState;
import dev.freshet.index.DocumentHead;
import dev.freshet.index.DocumentWrite;
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
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** An index on a server that others use too: every collection gets a name that nobody else has. */
record ApartIndex(VectorIndex index, Names names) implements VectorIndex {

    /** Names of one test. */
    static final class Names {

        private final String prefix = "freshet-test-" + UUID.randomUUID() + "-";
        private final Set<String> used = ConcurrentHashMap.newKeySet();

        String of(String collection) {
            String name = prefix + collection;
            used.add(name);
            return name;
        }

        Set<String> used() {
            return used;
        }
    }

    @Override
    public Optional<CollectionState> describe(String collection) {
        return index.describe(names.of(collection));
    }

    @Override
    public void create(String collection, CollectionSpec spec) {
        index.create(names.of(collection), spec);
    }

    @Override
    public void drop(String collection) {
        index.drop(names.of(collection));
    }

    @Override
    public Map<DocumentKey, DocumentHead> heads(String collection, Collection<DocumentKey> keys) {
        return index.heads(names.of(collection), keys);
    }

    @Override
    public Map<DocumentKey, Refusal> apply(String collection, List<DocumentWrite> writes) {
        return index.apply(names.of(collection), writes);
    }

    @Override
    public long truncate(String collection, String mapping, Version version) {
        return index.truncate(names.of(collection), mapping, version);
    }

    @Override
    public Optional<StoredDocument> document(String collection, DocumentKey key) {
        return index.document(names.of(collection), key);
    }

    @Override
    public Optional<Tombstone> tombstone(String collection, DocumentKey key) {
        return index.tombstone(names.of(collection), key);
    }

    @Override
    public long removeAll(String collection, String mapping) {
        return index.removeAll(names.of(collection), mapping);
    }

    @Override
    public void flush(@Nullable SourcePosition position) {
        index.flush(position);
    }

    @Override
    public List<SearchHit> search(String collection, IndexQuery query) {
        return index.search(names.of(collection), query);
    }

    @Override
    public void scan(String collection, Consumer<StoredDocument> consumer) {
        index.scan(names.of(collection), consumer);
    }

    @Override
    public void close() {
        index.close();
    }
}
