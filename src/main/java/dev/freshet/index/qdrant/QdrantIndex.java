package dev.freshet.index.qdrant;

import dev.freshet.change.SourcePosition;
import dev.freshet.change.Version;
import dev.freshet.config.QdrantConfig;
import dev.freshet.document.DocumentKey;
import dev.freshet.index.CollectionSpec;
import dev.freshet.index.CollectionState;
import dev.freshet.index.DocumentHead;
import dev.freshet.index.DocumentWrite;
import dev.freshet.index.IndexException;
import dev.freshet.index.IndexException.Kind;
import dev.freshet.index.IndexQuery;
import dev.freshet.index.Refusal;
import dev.freshet.index.SearchHit;
import dev.freshet.index.StoredDocument;
import dev.freshet.index.Tombstone;
import dev.freshet.index.VectorIndex;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A vector index in a Qdrant server. Several processes may write a collection, if the server knows conditional upserts
 * (1.16); with older ones only one at a time.
 *
 * <p>What {@link #apply} wrote is in the server's log when it returns. A {@link #scan} hands each document as of one
 * moment, but not all as of the same: the server has no snapshot to read from. Of more than some thousand chunks with
 * one and the same score, a search may return others than those with the lowest ids.
 */
public final class QdrantIndex implements VectorIndex {

    private static final Logger LOG = LoggerFactory.getLogger(QdrantIndex.class);

    /** Qdrant refuses other names; the dot is kept for Freshet's own. */
    private static final Pattern NAME = Pattern.compile("[a-z0-9_@-]{1,200}");

    private final QdrantConnection connection;
    private final Creation creation;
    private final Map<String, QdrantCollection> open = new ConcurrentHashMap<>();
    private volatile boolean closed;

    /**
     * Connects.
     *
     * @throws IndexException if the server does not answer within seconds, or is too old
     */
    public QdrantIndex(QdrantConfig config) {
        this(config, VectorIndex.TOMBSTONES);
    }

    /**
     * Connects.
     *
     * @param tombstones how long it is remembered what was removed
     * @throws IndexException if the server does not answer within seconds, or is too old
     */
    public QdrantIndex(QdrantConfig config, Duration tombstones) {
        connection = new QdrantConnection(config);
        creation = new Creation(connection, config, tombstones);
        boolean connected = false;
        try {
            String version = connection.greet();
            creation.check();
            LOG.info("connected to qdrant server={} version={}", connection.server(), version);
            connected = true;
        } catch (CallFailed e) {
            throw e.toIndexException();
        } finally {
            if (!connected) {
                connection.close();
            }
        }
    }

    @Override
    public Optional<CollectionState> describe(String collection) {
        return translated(() -> find(collection).map(QdrantCollection::describe));
    }

    @Override
    public synchronized void create(String collection, CollectionSpec spec) {
        if (!NAME.matcher(collection).matches()) {
            throw new IndexException(
                    Kind.PERMANENT,
                    "'%s' cannot name a collection: use up to 200 of a-z 0-9 _ @ -".formatted(collection),
                    null);
        }
        translated(() -> {
            Optional<QdrantCollection> there = find(collection);
            if (there.isEmpty()) {
                open.put(collection, creation.create(collection, spec));
            } else {
                respecify(collection, there.get(), spec);
            }
            return true;
        });
    }

    private void respecify(String name, QdrantCollection there, CollectionSpec spec) {
        Description present = there.description();
        present.spec().requireContinuedBy(spec);
        creation.ensureAlias(name, there);
        if (!spec.equals(present.spec())) {
            there.describeAs(new Description(spec, present.layout(), present.words(), present.position()));
        }
    }

    @Override
    public synchronized void drop(String collection) {
        translated(() -> {
            open.remove(collection);
            creation.remove(collection);
            return true;
        });
    }

    @Override
    public Map<DocumentKey, DocumentHead> heads(String collection, Collection<DocumentKey> keys) {
        return in(collection, present -> present.heads(keys));
    }

    @Override
    public Optional<StoredDocument> document(String collection, DocumentKey key) {
        return in(collection, present -> present.document(key));
    }

    @Override
    public Optional<Tombstone> tombstone(String collection, DocumentKey key) {
        return in(collection, present -> present.tombstone(key));
    }

    @Override
    public Map<DocumentKey, Refusal> apply(String collection, List<DocumentWrite> writes) {
        return in(collection, present -> present.apply(writes));
    }

    @Override
    public long truncate(String collection, String mapping, Version version) {
        return in(collection, present -> present.truncate(mapping, version));
    }

    @Override
    public long removeAll(String collection, String mapping) {
        return in(collection, present -> present.removeAll(mapping));
    }

    /** The position is kept as the text of its {@link dev.freshet.change.Version}; it is written once a second. */
    @Override
    public void flush(@Nullable SourcePosition position) {
        requireOpen();
        flush(position == null ? null : position.version().toString(), false);
    }

    private void flush(@Nullable String position, boolean atOnce) {
        for (String collection : List.copyOf(open.keySet())) {
            if (open.containsKey(collection)) {
                in(collection, present -> {
                    present.flush(position, atOnce);
                    return true;
                });
            }
        }
    }

    @Override
    public List<SearchHit> search(String collection, IndexQuery query) {
        return in(collection, present -> present.search(query));
    }

    @Override
    public void scan(String collection, Consumer<StoredDocument> consumer) {
        in(collection, present -> {
            present.scan(consumer);
            return true;
        });
    }

    private Optional<QdrantCollection> find(String name) {
        QdrantCollection known = open.get(name);
        if (known != null) {
            return Optional.of(known);
        }
        Optional<QdrantCollection> found = creation.find(name);
        found.ifPresent(collection -> open.put(name, collection));
        return found;
    }

    private <T> T in(String name, Function<QdrantCollection, T> work) {
        return translated(() -> {
            QdrantCollection present = find(name)
                    .orElseThrow(() -> new IndexException(
                            Kind.PERMANENT,
                            "There is no collection '" + name + "' in Qdrant at " + connection.server(),
                            null));
            try {
                return work.apply(present);
            } catch (CallFailed e) {
                if (e.isMissing() && open.containsKey(name)) {
                    // Not the fault of what is being written: that must wait, and not become dead letters.
                    throw new IndexException(
                            Kind.TRANSIENT,
                            "Collection '%s' has disappeared from Qdrant at %s. Restore it, or stop Freshet, remove its state folder (key state) and start it again to build everything anew"
                                    .formatted(name, connection.server()),
                            e);
                }
                throw e;
            }
        });
    }

    private <T> T translated(Supplier<T> work) {
        requireOpen();
        try {
            return work.get();
        } catch (CallFailed e) {
            throw e.toIndexException();
        }
    }

    private void requireOpen() {
        if (closed) {
            throw new IndexException(Kind.PERMANENT, "The index in Qdrant is closed", null);
        }
    }

    /** Writes the last positions and disconnects. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        try {
            flush(null, true);
        } catch (IndexException e) {
            LOG.warn("the last position was not written error={}", e.getMessage());
        } finally {
            closed = true;
            connection.close();
        }
    }
}
