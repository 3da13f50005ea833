package dev.freshet.pipeline;

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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Heads in memory behind the fence that {@link VectorIndex} promises, each call at once. What was not flushed is lost in
 * a {@link #crash}, if so wanted. For exploring orders of calls by the ten thousands, which a real index is too slow for.
 */
final class MemoryIndex implements VectorIndex {

    /** What there is of a document: a head, or only the version that removed it. */
    record Entry(Version version, @Nullable DocumentHead head) {}

    private final boolean durableAtOnce;
    private final boolean fenced;
    private Map<DocumentKey, Entry> entries = new HashMap<>();
    private Map<DocumentKey, Entry> durable = new HashMap<>();
    private Version truncated = Version.NONE;
    private Version durablyTruncated = Version.NONE;

    /**
     * An empty one.
     *
     * @param durableAtOnce whether writes survive a crash without a flush, as in a server
     * @param fenced whether it keeps older versions out, which it must
     */
    MemoryIndex(boolean durableAtOnce, boolean fenced) {
        this.durableAtOnce = durableAtOnce;
        this.fenced = fenced;
    }

    /** Loses what was not flushed. */
    void crash() {
        if (!durableAtOnce) {
            entries = new HashMap<>(durable);
            truncated = durablyTruncated;
        }
    }

    /** What can be found now, by row. */
    Map<String, Entry> visible() {
        return byRow(entries, truncated);
    }

    /** What a crash now would leave. */
    Map<String, Entry> durable() {
        return durableAtOnce ? visible() : byRow(durable, durablyTruncated);
    }

    private static Map<String, Entry> byRow(Map<DocumentKey, Entry> entries, Version truncated) {
        var rows = new TreeMap<String, Entry>();
        entries.forEach((key, entry) -> rows.put(key.row(), entry));
        rows.put("all", new Entry(truncated, null));
        return rows;
    }

    @Override
    public Map<DocumentKey, DocumentHead> heads(String collection, Collection<DocumentKey> keys) {
        var heads = new HashMap<DocumentKey, DocumentHead>();
        for (DocumentKey key : keys) {
            Entry entry = entries.get(key);
            if (entry != null && entry.head() != null) {
                heads.put(key, entry.head());
            }
        }
        return heads;
    }

    @Override
    public Map<DocumentKey, Refusal> apply(String collection, List<DocumentWrite> writes) {
        var refused = new HashMap<DocumentKey, Refusal>();
        for (DocumentWrite write : writes) {
            Refusal refusal = refusal(write, entries.get(write.key()));
            if (refusal != null) {
                refused.put(write.key(), refusal);
                continue;
            }
            DocumentHead head = write instanceof DocumentWrite.Put put ? put.head() : null;
            entries.put(write.key(), new Entry(write.version(), head));
        }
        return refused;
    }

    private @Nullable Refusal refusal(DocumentWrite write, @Nullable Entry there) {
        if (fenced
                && (write.version().compareTo(truncated) < 0
                        || (there != null && write.version().compareTo(there.version()) < 0))) {
            return Refusal.OLDER;
        }
        boolean moved = write instanceof DocumentWrite.Put put
                && put.base() != null
                && (there == null
                        || there.head() == null
                        || !there.head().stamp().equals(put.base()));
        return moved ? Refusal.MOVED : null;
    }

    @Override
    public long truncate(String collection, String mapping, Version version) {
        long before = entries.size();
        entries.values().removeIf(entry -> entry.version().compareTo(version) <= 0);
        truncated = Version.max(truncated, version);
        return before - entries.size();
    }

    @Override
    public void flush(@Nullable SourcePosition position) {
        durable = new HashMap<>(entries);
        durablyTruncated = truncated;
    }

    @Override
    public Optional<CollectionState> describe(String collection) {
        throw new UnsupportedOperationException("the loop does not ask");
    }

    @Override
    public Optional<StoredDocument> document(String collection, DocumentKey key) {
        throw new UnsupportedOperationException("the loop does not look at one");
    }

    @Override
    public Optional<Tombstone> tombstone(String collection, DocumentKey key) {
        throw new UnsupportedOperationException("the loop does not look at one");
    }

    @Override
    public void create(String collection, CollectionSpec spec) {
        throw new UnsupportedOperationException("the loop does not create");
    }

    @Override
    public void drop(String collection) {
        throw new UnsupportedOperationException("the loop does not drop");
    }

    @Override
    public long removeAll(String collection, String mapping) {
        throw new UnsupportedOperationException("the loop does not remove mappings");
    }

    @Override
    public List<SearchHit> search(String collection, IndexQuery query) {
        throw new UnsupportedOperationException("the loop does not search");
    }

    @Override
    public void scan(String collection, Consumer<StoredDocument> consumer) {
        throw new UnsupportedOperationException("the loop does not scan");
    }

    @Override
    public void close() {}
}
