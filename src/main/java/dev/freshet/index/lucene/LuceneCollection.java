package dev.freshet.index.lucene;

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
import dev.freshet.index.UnitVector;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.apache.lucene.document.Document;
import org.apache.lucene.index.ConcurrentMergeScheduler;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.IndexWriterConfig.OpenMode;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.SearcherFactory;
import org.apache.lucene.search.SearcherManager;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.NRTCachingDirectory;
import org.apache.lucene.util.BytesRef;
import org.apache.lucene.util.IOUtils;
import org.jspecify.annotations.Nullable;

/**
 * One collection: a Lucene index with its writer and its searcher.
 *
 * <p>Writes happen one at a time under a lock, and the searcher is renewed only under it, after a whole write; commits
 * take their snapshot under it too. So neither readers nor commits ever hold half a write.
 */
final class LuceneCollection implements Closeable {

    private static final double WRITE_BUFFER_MB = 64;
    /** Segments of up to the first size are kept in memory until a commit, up to the second in all. */
    private static final double SMALL_SEGMENT_MB = 8;

    private static final double SMALL_SEGMENTS_MB = 64;
    /** How long a position that moved without any change of the collection may wait to be committed. */
    private static final long POSITION_COMMIT_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final long SWEEP_NANOS = TimeUnit.MINUTES.toNanos(10);

    /** Held by who commits; taken before {@link #writing}. */
    private final ReentrantLock committing = new ReentrantLock();
    /** Held by who writes, and by who commits until the content of the commit is settled. */
    private final ReentrantLock writing = new ReentrantLock();

    private final Directory directory;
    private final CommittingWriter writer;
    private final SearcherManager searchers;

    // Changed under both locks, but for changed, which is under writing.
    private volatile CommitData data;
    private @Nullable CommitData committed;
    private long committedAt;
    private long sweptAt = System.nanoTime() - SWEEP_NANOS;
    private boolean changed;

    /** How long tombstones are kept. */
    private final Duration tombstones;

    private LuceneCollection(Path folder, OpenMode mode, @Nullable CollectionSpec spec, Duration tombstones)
            throws IOException {
        this.tombstones = tombstones;
        directory = new NRTCachingDirectory(new IndexFolder(folder), SMALL_SEGMENT_MB, SMALL_SEGMENTS_MB);
        CommittingWriter openWriter = null;
        boolean opened = false;
        try {
            openWriter = new CommittingWriter(directory, config(mode), writing);
            writer = openWriter;
            data = spec == null ? CommitData.fromUserData(userData()) : new CommitData(spec, null);
            committed = spec == null ? data : null;
            searchers = new SearcherManager(writer, true, false, new SearcherFactory());
            commitIfDue(true);
            opened = true;
        } finally {
            if (!opened) {
                if (openWriter != null) {
                    openWriter.rollback();
                }
                directory.close();
            }
        }
    }

    /** Creates an empty collection in a folder of its own, over whatever is there. */
    static LuceneCollection create(Path folder, CollectionSpec spec, Duration tombstones) throws IOException {
        return new LuceneCollection(folder, OpenMode.CREATE, spec, tombstones);
    }

    /** Opens the collection at its last commit. */
    static LuceneCollection open(Path folder, Duration tombstones) throws IOException {
        return new LuceneCollection(folder, OpenMode.APPEND, null, tombstones);
    }

    private static IndexWriterConfig config(OpenMode mode) {
        var merges = new ConcurrentMergeScheduler();
        // More waiting merges than by default before writers are made to wait for them.
        merges.setMaxMergesAndThreads(12, Math.max(1, Runtime.getRuntime().availableProcessors() / 2));
        return new IndexWriterConfig(new English())
                .setOpenMode(mode)
                .setCodec(GraphFormat.codec())
                .setRAMBufferSizeMB(WRITE_BUFFER_MB)
                .setMergeScheduler(merges)
                // A searcher is renewed at once; merges go on behind it.
                .setMaxFullFlushMergeWaitMillis(0)
                .setCommitOnClose(false);
    }

    private Map<String, String> userData() {
        Iterable<Map.Entry<String, String>> entries = writer.getLiveCommitData();
        var found = new HashMap<String, String>();
        if (entries != null) {
            entries.forEach(entry -> found.put(entry.getKey(), entry.getValue()));
        }
        return found;
    }

    CollectionState describe() throws IOException {
        try (var view = new View(searchers)) {
            return new CollectionState(data.spec(), view.documents(), view.chunks(), data.position());
        }
    }

    /** Records a new spec at once, if what it was built with allows it. */
    void respecify(CollectionSpec spec) throws IOException {
        data.spec().requireContinuedBy(spec);
        committing.lock();
        try {
            data = data.withSpec(spec);
            commitIfDue(true);
        } finally {
            committing.unlock();
        }
    }

    Map<DocumentKey, DocumentHead> heads(Collection<DocumentKey> keys) throws IOException {
        try (var view = new View(searchers)) {
            return view.heads(keys);
        }
    }

    Optional<StoredDocument> document(DocumentKey key) throws IOException {
        try (var view = new View(searchers)) {
            return view.document(key, data.spec().dimension());
        }
    }

    Optional<Tombstone> tombstone(DocumentKey key) throws IOException {
        try (var view = new View(searchers)) {
            return view.tombstone(key);
        }
    }

    List<SearchHit> search(IndexQuery query) throws IOException {
        try (var view = new View(searchers)) {
            return view.search(checked(query), writer.getAnalyzer());
        }
    }

    private IndexQuery checked(IndexQuery query) {
        return switch (query) {
            case IndexQuery.Dense dense -> new IndexQuery.Dense(checked(dense.vector()), dense.limit(), dense.filter());
            case IndexQuery.Lexical lexical -> lexical;
            case IndexQuery.Hybrid hybrid ->
                new IndexQuery.Hybrid(checked(hybrid.vector()), hybrid.words(), hybrid.limit(), hybrid.filter());
        };
    }

    private float[] checked(float[] vector) {
        return UnitVector.of(vector, data.spec().dimension(), "the query");
    }

    void scan(Consumer<StoredDocument> consumer) throws IOException {
        try (var view = new View(searchers)) {
            view.scan(data.spec().dimension(), consumer);
        }
    }

    Map<DocumentKey, Refusal> apply(List<DocumentWrite> writes) throws IOException {
        writing.lock();
        try (var view = new View(searchers)) {
            Changes changes = Changes.of(view.searcher(), data.spec().dimension(), writes, Instant.now());
            write(changes.deleted(), changes.added());
            return changes.refused();
        } finally {
            writing.unlock();
        }
    }

    long removeAll(String mapping) throws IOException {
        writing.lock();
        try (var view = new View(searchers)) {
            var removal = new MappingRemoval(view.searcher(), mapping);
            removal.deleteVectors(writer);
            BytesRef term = Terms.of(mapping);
            write(
                    new Term[] {removal.term(), new Term(Entries.BURIED, term), new Term(Entries.TRUNCATED, term)},
                    List.of());
            return removal.documents();
        } finally {
            writing.unlock();
        }
    }

    long truncate(String mapping, Version version) throws IOException {
        writing.lock();
        try (var view = new View(searchers)) {
            var removal = new MappingRemoval(view.searcher(), mapping);
            Instant now = Instant.now();
            Document tombstone = Entries.truncation(mapping, Version.max(version, view.truncatedAt(mapping)), now);
            var deleted = new ArrayList<Term>();
            deleted.add(new Term(Entries.TRUNCATED, Terms.of(mapping)));
            long documents = removal.documents();
            if (removal.hasNewer(version)) {
                // A truncation that is repeated after a crash; what came after it is here already.
                List<BytesRef> keys = removal.keysUntil(version);
                Changes changes = Changes.removing(view.searcher(), data.spec().dimension(), keys, now);
                deleted.addAll(List.of(changes.deleted()));
                documents = keys.size();
            } else {
                removal.deleteVectors(writer);
                deleted.add(removal.term());
            }
            write(deleted.toArray(Term[]::new), List.of(tombstone));
            return documents;
        } finally {
            writing.unlock();
        }
    }

    private void write(Term[] deleted, List<Document> added) throws IOException {
        changed = true;
        writer.deleteDocuments(deleted);
        for (Document document : added) {
            writer.addDocument(document);
        }
        searchers.maybeRefreshBlocking();
    }

    /** Makes durable what was written before the call, together with the position, if there is one. */
    void flush(@Nullable String position) throws IOException {
        committing.lock();
        try {
            data = data.withPosition(position);
            sweepIfDue();
            commitIfDue(false);
        } finally {
            committing.unlock();
        }
    }

    /** Forgets the tombstones that have been kept for long enough. */
    private void sweepIfDue() throws IOException {
        if (System.nanoTime() - sweptAt < SWEEP_NANOS) {
            return;
        }
        Query old = Entries.tombstonesUntil(Instant.now().minus(tombstones));
        writing.lock();
        try (var view = new View(searchers)) {
            if (view.searcher().count(old) > 0) {
                changed = true;
                writer.deleteDocuments(old);
            }
        } finally {
            writing.unlock();
        }
        sweptAt = System.nanoTime();
    }

    /** Commits if something was written, or if the spec or the position are new: the latter not at once unless asked. */
    private void commitIfDue(boolean atOnce) throws IOException {
        writing.lock();
        try {
            boolean waited = atOnce || System.nanoTime() - committedAt >= POSITION_COMMIT_NANOS;
            if (changed || (waited && !data.equals(committed))) {
                commit();
            }
        } finally {
            writing.unlock();
        }
    }

    /** Lends {@link #writing} to writers while the commit is forced to disk. */
    private void commit() throws IOException {
        CommitData next = data;
        writer.setLiveCommitData(next.toUserData().entrySet());
        changed = false;
        boolean done = false;
        try {
            writer.commitLendingLock();
            committed = next;
            committedAt = System.nanoTime();
            done = true;
        } finally {
            changed |= !done;
        }
    }

    /** Whether the writer gave up, which it does when it could not write: what it had not committed is lost. */
    boolean isBroken() {
        return !writer.isOpen();
    }

    /** Commits what is left and closes; running merges are given up. */
    @Override
    public void close() throws IOException {
        committing.lock();
        try {
            if (writer.isOpen()) {
                commitIfDue(true);
            }
        } finally {
            committing.unlock();
            IOUtils.close(searchers, writer::rollback, directory);
        }
    }
}
