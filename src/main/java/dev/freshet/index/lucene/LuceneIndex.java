package dev.freshet.index.lucene;

import dev.freshet.change.SourcePosition;
import dev.freshet.change.Version;
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
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.lucene.index.CorruptIndexException;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexFormatTooNewException;
import org.apache.lucene.index.IndexFormatTooOldException;
import org.apache.lucene.store.AlreadyClosedException;
import org.apache.lucene.store.FSDirectory;
import org.apache.lucene.store.LockObtainFailedException;
import org.apache.lucene.util.IOFunction;
import org.apache.lucene.util.IOUtils;
import org.jspecify.annotations.Nullable;

/**
 * A vector index in a folder, without a server: each collection is a Lucene index in a folder of its own. Only one
 * process at a time can have the folder open.
 *
 * <p>When the disk fails or is full Lucene may give up a collection's writer; from then on every call for it fails as
 * broken, and what was not flushed is lost, until the index is opened anew.
 *
 * <p>Vectors are brought to length one. Numbers in filters are compared by value, ranges of numbers to the precision of
 * a double; times without offset are taken as UTC, and a date as its midnight.
 */
public final class LuceneIndex implements VectorIndex {

    private static final Pattern NAME = Pattern.compile("[a-z0-9_@-][a-z0-9_@.-]{0,199}");
    private static final String DROPPED = ".dropped-";

    private final Path folder;
    private final Duration tombstones;
    private final Map<String, LuceneCollection> collections = new ConcurrentHashMap<>();
    private final WriteThreads writeThreads = new WriteThreads();
    private volatile boolean closed;

    /**
     * Opens what there is in the folder, which is created if it does not exist.
     *
     * @throws IndexException if another process has it open, or a collection in it cannot be read
     */
    public LuceneIndex(Path folder) {
        this(folder, VectorIndex.TOMBSTONES);
    }

    /**
     * Opens the index in the folder, or begins one.
     *
     * @param tombstones how long it is remembered what was removed
     * @throws IndexException if another process has it open, or a collection in it cannot be read
     */
    public LuceneIndex(Path folder, Duration tombstones) {
        this.tombstones = tombstones;
        this.folder = folder.toAbsolutePath().normalize();
        boolean opened = false;
        try {
            writeThreads.run(() -> {
                openAll();
                return true;
            });
            opened = true;
        } catch (IOException e) {
            throw failure("open", this.folder, null, e);
        } finally {
            if (!opened) {
                close();
            }
        }
    }

    private void openAll() throws IOException {
        Files.createDirectories(folder);
        try (Stream<Path> children = Files.list(folder)) {
            for (Path child : children.filter(Files::isDirectory).sorted().toList()) {
                String name = child.getFileName().toString();
                if (name.startsWith(DROPPED)) {
                    deleteRecursively(child);
                } else if (NAME.matcher(name).matches() && holdsIndex(child)) {
                    try {
                        collections.put(name, LuceneCollection.open(child, tombstones));
                    } catch (IOException e) {
                        throw failure("open", child, null, e);
                    }
                }
            }
        }
    }

    /** Whether the creation of the collection came as far as its first commit. */
    private static boolean holdsIndex(Path collection) throws IOException {
        try (var directory = FSDirectory.open(collection)) {
            return DirectoryReader.indexExists(directory);
        }
    }

    @Override
    public Optional<CollectionState> describe(String collection) {
        requireOpen();
        return collections.containsKey(collection)
                ? Optional.of(read("describe", collection, LuceneCollection::describe))
                : Optional.empty();
    }

    @Override
    public synchronized void create(String collection, CollectionSpec spec) {
        requireOpen();
        if (!NAME.matcher(collection).matches()) {
            throw new IndexException(
                    Kind.PERMANENT,
                    "'%s' cannot name a collection: use up to 200 of a-z 0-9 _ @ . -, not beginning with a dot"
                            .formatted(collection),
                    null);
        }
        if (spec.dimension() > Vectors.MAX_DIMENSION) {
            throw new IndexException(
                    Kind.PERMANENT,
                    "The Lucene index takes vectors of up to %d dimensions, not %d"
                            .formatted(Vectors.MAX_DIMENSION, spec.dimension()),
                    null);
        }
        if (collections.containsKey(collection)) {
            write("create", collection, existing -> {
                existing.respecify(spec);
                return true;
            });
            return;
        }
        Path place = folder.resolve(collection);
        try {
            collections.put(collection, writeThreads.run(() -> {
                requireOurs(place);
                LuceneCollection created = LuceneCollection.create(place, spec, tombstones);
                IOUtils.fsync(folder, true);
                return created;
            }));
        } catch (IOException e) {
            throw failure("create", place, null, e);
        }
    }

    /** Creating overwrites: refuses a folder with something in it that no creation of ours can have left. */
    private static void requireOurs(Path place) throws IOException {
        if (!Files.exists(place)) {
            return;
        }
        try (Stream<Path> files = Files.list(place)) {
            Optional<Path> foreign = files.filter(file -> {
                        String name = file.getFileName().toString();
                        return !name.equals("write.lock") && !name.startsWith("pending_segments_");
                    })
                    .findFirst();
            if (foreign.isPresent()) {
                throw new IOException("it holds " + foreign.get().getFileName() + ", which is not of an index");
            }
        }
    }

    @Override
    public synchronized void drop(String collection) {
        requireOpen();
        LuceneCollection dropped = collections.remove(collection);
        if (dropped == null) {
            return;
        }
        Path place = folder.resolve(collection);
        Path aside = folder.resolve(DROPPED + collection + "-" + System.nanoTime());
        try {
            writeThreads.run(() -> {
                dropped.close();
                // Moved first: what is deleted only in part would look like a broken collection.
                Files.move(place, aside);
                deleteRecursively(aside);
                return true;
            });
        } catch (IOException e) {
            throw failure("drop", place, dropped, e);
        }
    }

    private static void deleteRecursively(Path root) throws IOException {
        try (Stream<Path> paths = Files.walk(root)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    @Override
    public Map<DocumentKey, DocumentHead> heads(String collection, Collection<DocumentKey> keys) {
        return read("read heads", collection, present -> present.heads(keys));
    }

    @Override
    public Optional<StoredDocument> document(String collection, DocumentKey key) {
        return read("read a document", collection, present -> present.document(key));
    }

    @Override
    public Optional<Tombstone> tombstone(String collection, DocumentKey key) {
        return read("read a tombstone", collection, present -> present.tombstone(key));
    }

    @Override
    public Map<DocumentKey, Refusal> apply(String collection, List<DocumentWrite> writes) {
        return write("apply writes", collection, present -> present.apply(writes));
    }

    @Override
    public long truncate(String collection, String mapping, Version version) {
        return write("truncate " + mapping, collection, present -> present.truncate(mapping, version));
    }

    @Override
    public long removeAll(String collection, String mapping) {
        return write("remove all of " + mapping, collection, present -> present.removeAll(mapping));
    }

    /** The position is kept as the text of its {@link dev.freshet.change.Version}. */
    @Override
    public void flush(@Nullable SourcePosition position) {
        requireOpen();
        String text = position == null ? null : position.version().toString();
        for (String collection : List.copyOf(collections.keySet())) {
            try {
                write("flush", collection, present -> {
                    present.flush(text);
                    return true;
                });
            } catch (IndexException e) {
                // One that was dropped meanwhile has nothing to make durable.
                if (collections.containsKey(collection)) {
                    throw e;
                }
            }
        }
    }

    @Override
    public List<SearchHit> search(String collection, IndexQuery query) {
        return read("search", collection, present -> present.search(query));
    }

    @Override
    public void scan(String collection, Consumer<StoredDocument> consumer) {
        read("scan", collection, present -> {
            present.scan(consumer);
            return true;
        });
    }

    private <T> T read(String what, String collection, IOFunction<LuceneCollection, T> work) {
        LuceneCollection present = present(collection);
        try {
            return work.apply(present);
        } catch (IOException | AlreadyClosedException e) {
            throw failure(what, folder.resolve(collection), present, e);
        }
    }

    private <T> T write(String what, String collection, IOFunction<LuceneCollection, T> work) {
        LuceneCollection present = present(collection);
        try {
            return writeThreads.run(() -> work.apply(present));
        } catch (IOException | AlreadyClosedException e) {
            throw failure(what, folder.resolve(collection), present, e);
        }
    }

    private LuceneCollection present(String collection) {
        requireOpen();
        LuceneCollection present = collections.get(collection);
        if (present == null) {
            throw new IndexException(Kind.PERMANENT, "There is no collection '" + collection + "' in " + folder, null);
        }
        return present;
    }

    private void requireOpen() {
        if (closed) {
            throw new IndexException(Kind.PERMANENT, "The index in " + folder + " is closed", null);
        }
    }

    private static IndexException failure(String what, Path place, @Nullable LuceneCollection collection, Exception e) {
        boolean broken = collection != null && collection.isBroken();
        String problem = "Cannot " + what + " in " + place + ": ";
        return switch (e) {
            case LockObtainFailedException locked ->
                new IndexException(Kind.PERMANENT, problem + "another process has it open", e);
            case CorruptIndexException corrupt ->
                new IndexException(Kind.PERMANENT, problem + "the index is damaged: " + e.getMessage(), e);
            case IndexFormatTooNewException tooNew ->
                new IndexException(Kind.PERMANENT, problem + "a newer version wrote it", e);
            case IndexFormatTooOldException tooOld ->
                new IndexException(Kind.PERMANENT, problem + "a much older version wrote it", e);
            case AlreadyClosedException already ->
                new IndexException(Kind.BROKEN, problem + "the index is closed; " + cause(already), e);
            default ->
                new IndexException(
                        broken ? Kind.BROKEN : collection == null ? Kind.PERMANENT : Kind.TRANSIENT,
                        problem + e.getMessage(),
                        e);
        };
    }

    private static String cause(AlreadyClosedException e) {
        return e.getCause() == null ? String.valueOf(e.getMessage()) : String.valueOf(e.getCause());
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            writeThreads.run(() -> {
                IOUtils.close(collections.values());
                return true;
            });
        } catch (IOException | AlreadyClosedException e) {
            throw new IndexException(Kind.PERMANENT, "Cannot close the index in " + folder + ": " + e.getMessage(), e);
        } finally {
            collections.clear();
            writeThreads.close();
        }
    }
}
