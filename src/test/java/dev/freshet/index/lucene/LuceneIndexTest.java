package dev.freshet.index.lucene;

import static dev.freshet.index.SampleDocument.SPEC;
import static dev.freshet.index.SampleDocument.article;
import static dev.freshet.index.SampleDocument.puts;
import static dev.freshet.index.SampleDocument.vectorOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.index.CollectionSpec;
import dev.freshet.index.DocumentWrite;
import dev.freshet.index.EmbeddedChunk;
import dev.freshet.index.Filter;
import dev.freshet.index.IndexException;
import dev.freshet.index.IndexQuery;
import dev.freshet.index.SampleDocument;
import dev.freshet.index.VectorIndex;
import dev.freshet.index.VectorIndexContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.search.FieldExistsQuery;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.store.FSDirectory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LuceneIndexTest extends VectorIndexContract {

    @TempDir
    private Path folder;

    @TempDir
    private Path copies;

    private final AtomicInteger copied = new AtomicInteger();

    @Override
    protected VectorIndex open() {
        return new LuceneIndex(folder);
    }

    /** Copies the folder while it is written to; Lucene never changes a file, but removes what a newer commit replaces. */
    @Override
    protected Optional<VectorIndex> openAfterCrash() {
        for (int attempt = 0; attempt < 100; attempt++) {
            Path copy = copies.resolve("copy-" + copied.incrementAndGet());
            try {
                copy(folder, copy);
                return Optional.of(new LuceneIndex(copy));
            } catch (IOException | IndexException e) {
                boolean removedMeanwhile =
                        e instanceof NoSuchFileException || e.getCause() instanceof NoSuchFileException;
                assertThat(removedMeanwhile).as("%s", e).isTrue();
            }
        }
        throw new AssertionError("the folder was never still enough to copy");
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        List<Path> children;
        try (Stream<Path> list = Files.list(from)) {
            children = list.sorted(Comparator.reverseOrder()).toList();
        }
        // In descending order the commit's own file comes before the files it names.
        for (Path child : children) {
            Path target = to.resolve(child.getFileName());
            if (Files.isDirectory(child)) {
                copy(child, target);
            } else {
                Files.copy(child, target);
            }
        }
    }

    @Test
    void namesThatAreNoPlainFolderNamesAreRefused() {
        for (String name : List.of("", ".", "..", ".hidden", "a/b", "a\\b", "A", "ü", "x".repeat(201))) {
            assertPermanent(() -> index.create(name, SPEC), "cannot name a collection");
        }
        index.create("a.b-c_d@2", SPEC);
        assertThat(index.describe("a.b-c_d@2")).isPresent();
    }

    @Test
    void onlyOneCanHaveTheFolderOpen() {
        assertPermanent(() -> new LuceneIndex(folder).close(), "another process");
    }

    @Test
    void aDamagedCollectionIsNamed() throws IOException {
        index.apply(COLLECTION, puts(article("1", "one")));
        index.flush(null);
        index.close();
        try (Stream<Path> files = Files.list(folder.resolve(COLLECTION))) {
            for (Path file : files.filter(f -> f.getFileName().toString().startsWith("segments_"))
                    .toList()) {
                Files.write(file, new byte[] {1, 2, 3});
            }
        }
        try {
            assertPermanent(() -> new LuceneIndex(folder).close(), COLLECTION);
        } finally {
            index.close();
        }
    }

    @Test
    void anIndexOfTheFormatBeforeIsRefusedWithTheWayOut() throws IOException {
        index.close();
        Path place = folder.resolve(COLLECTION);
        try (var directory = FSDirectory.open(place);
                var writer = new IndexWriter(directory, new IndexWriterConfig())) {
            writer.setLiveCommitData(Map.of("freshet.format", "1").entrySet());
            writer.commit();
        }
        assertPermanent(this::open, place.toString());
        assertPermanent(this::open, "earlier version of Freshet");
        assertPermanent(this::open, "remove the folder");
    }

    @Test
    void aFolderWithSomethingElseIsNotOverwritten() throws IOException {
        Path foreign = Files.createDirectories(folder.resolve("photos")).resolve("cat.jpg");
        Files.write(foreign, new byte[] {1});
        assertPermanent(() -> index.create("photos", SPEC), "cat.jpg");
        assertThat(foreign).exists();
        reopen();
        assertThat(index.describe("photos")).isEmpty();
    }

    @Test
    void anInterruptedCallerLosesNothing() {
        for (int i = 0; i < 20; i++) {
            Thread.currentThread().interrupt();
            index.apply(COLLECTION, puts(article("" + i, "text " + i)));
            index.flush(position(i));
            assertThat(Thread.interrupted()).as("still interrupted").isTrue();
        }
        reopen();
        assertThat(index.describe(COLLECTION).orElseThrow().documents()).isEqualTo(20);
    }

    @Test
    void theGraphHoldsEachTextThatSomeChunkHasOnce() throws IOException {
        SampleDocument one = article("1", "shared", "one", "leaves");
        SampleDocument two = article("2", "shared", "two", "moves");
        index.apply(
                COLLECTION, puts(one, two, article("3", "shared", "goes too").of("notes")));
        index.apply(COLLECTION, puts(article("4", "shared", "gone")));
        SampleDocument after = one.version(2, "one", "moves", "added");
        index.apply(
                COLLECTION,
                List.of(after.putAfter(one), two.version(2, "two", "shared").putAfter(two)));
        index.apply(COLLECTION, List.of(article("4").remove()));
        index.removeAll(COLLECTION, "notes");
        index.close();
        try (var directory = FSDirectory.open(folder.resolve(COLLECTION));
                var reader = DirectoryReader.open(directory)) {
            int vectors = new IndexSearcher(reader).count(new FieldExistsQuery(Entries.GRAPH));
            assertThat(vectors).as("one, moves, added, two, shared").isEqualTo(5);
        }
    }

    @Test
    void aClosedIndexSaysSo() {
        index.close();
        assertPermanent(() -> index.apply(COLLECTION, List.of()), "closed");
        assertPermanent(() -> index.describe(COLLECTION), "closed");
        assertPermanent(() -> index.flush(null), "closed");
        index.close();
    }

    @Test
    void aHeadThatListsAnUnknownChunkIsRefused() {
        SampleDocument document = article("1", "one", "two");
        var half = new DocumentWrite.Put(
                document.head(), null, List.of(document.chunks().getFirst()), List.of(), false);
        assertPermanent(() -> index.apply(COLLECTION, List.of(half)), "neither added nor in the index");
        assertThat(index.heads(COLLECTION, List.of(document.key()))).isEmpty();
    }

    @Test
    void vectorsMayBeWiderThanLucenesDefaultAllows() {
        index.create("wide", new CollectionSpec(3_072, "wide", "c", Map.of()));
        var chunk = article("1", "one").chunks().getFirst().chunk();
        float[] vector = SampleDocument.unitVector(new Random(1), 3_072);
        index.apply(
                "wide",
                List.of(new DocumentWrite.Put(
                        article("1", "one").head(),
                        null,
                        List.of(new EmbeddedChunk(chunk, vector)),
                        List.of(),
                        false)));
        index.flush(null);
        reopen();
        assertThat(index.search("wide", new IndexQuery.Dense(vector, 1, Filter.NONE)))
                .hasSize(1);
        assertPermanent(() -> index.create("wider", new CollectionSpec(10_000, "w", "c", Map.of())), "8191");
    }

    @Test
    void aRangeThatMakesNoSenseIsRefused() {
        index.apply(COLLECTION, puts(article("1", "one")));
        for (Filter.Range range : List.of(
                new Filter.Range("n", "soon", null, null, null),
                new Filter.Range("n", 1L, null, "2026-01-01", null),
                new Filter.Range("n", true, null, null, null))) {
            var query = new IndexQuery.Dense(vectorOf("one"), 1, new Filter(List.of(range)));
            assertPermanent(() -> index.search(COLLECTION, query), "The range on 'n' is wrong");
        }
    }

    @Test
    void aTombstoneIsForgottenWhenItsTimeIsOver() {
        try (var index = new LuceneIndex(copies.resolve("short"), Duration.ofMillis(1))) {
            assertForgetsTombstones(index);
        }
    }

    private static void assertPermanent(Runnable call, String says) {
        assertThatThrownBy(call::run)
                .hasMessageContaining(says)
                .isInstanceOfSatisfying(
                        IndexException.class, e -> assertThat(e.kind()).isEqualTo(IndexException.Kind.PERMANENT));
    }
}
