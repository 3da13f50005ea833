package dev.freshet.index.lucene;

import dev.freshet.document.DocumentKey;
import dev.freshet.index.CollectionSpec;
import dev.freshet.index.CollectionState;
import dev.freshet.index.DocumentHead;
import dev.freshet.index.DocumentWrite;
import dev.freshet.index.IndexException;
import dev.freshet.index.IndexQuery;
import dev.freshet.index.SearchHit;
import dev.freshet.index.StoredDocument;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.apache.lucene.document.Document;
import org.apache.lucene.index.ConcurrentMergeScheduler;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.IndexWriterConfig.OpenMode;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.SearcherFactory;
import org.apache.lucene.search.SearcherManager;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.NRTCachingDirectory;
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
    private boolean changed;

    private LuceneCollection(Path folder, OpenMode mode, @Nullable CollectionSpec spec) throws IOException {
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
    static LuceneCollection create(Path folder, CollectionSpec spec) throws IOException {
        return new LuceneCollection(folder, OpenMode.CREATE, spec);
    }

    /** Opens the collection at its last commit. */
    static LuceneCollection open(Path folder) throws IOException {
        return new LuceneCollection(folder, OpenMode.APPEND, null);
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
        CollectionSpec present = data.spec();
        if (spec.dimension() != present.dimension() || !spec.model().equals(present.model())) {
            throw new IndexException(
                    IndexException.Kind.PERMANENT,
                    "The collection was built with model %s of %d dimensions and cannot go on with model %s of %d; build a new one"
                            .formatted(present.model(), present.dimension(), spec.model(), spec.dimension()),
                    null);
        }
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
        return Vectors.checked(vector, data.spec().dimension(), "the query");
    }

    void scan(Consumer<StoredDocument> consumer) throws IOException {
        try (var view = new View(searchers)) {
            view.scan(data.spec().dimension(), consumer);
        }
    }

    void apply(List<DocumentWrite> writes) throws IOException {
        writing.lock();
        try (var view = new View(searchers)) {
            Changes changes = Changes.of(view.searcher(), data.spec().dimension(), writes);
            write(changes.deleted(), changes.added());
        } finally {
            writing.unlock();
        }
    }

    long removeAll(String mapping) throws IOException {
        writing.lock();
        try (var view = new View(searchers)) {
            var removal = new MappingRemoval(view.searcher(), mapping);
            removal.deleteVectors(writer);
            write(new Term[] {removal.term()}, List.of());
            return removal.documents();
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
            commitIfDue(false);
        } finally {
            committing.unlock();
        }
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
