package dev.freshet.index;

import static dev.freshet.index.SampleDocument.SPEC;
import static dev.freshet.index.SampleDocument.article;
import static dev.freshet.index.SampleDocument.cosine;
import static dev.freshet.index.SampleDocument.puts;
import static dev.freshet.index.SampleDocument.vectorOf;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import dev.freshet.change.SourcePosition;
import dev.freshet.change.Version;
import dev.freshet.document.DocumentKey;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every {@link VectorIndex} must do. An implementation runs the suite by supplying itself: {@link #open}, and
 * where it can, {@link #openAfterCrash}. A place that holds collections when a test begins must be empty of them.
 */
public abstract class VectorIndexContract {

    protected static final String COLLECTION = "articles@1";

    protected VectorIndex index;

    /**
     * Opens the index. The first call of a test opens an empty one; a later call, which always comes after the one opened
     * before was closed, opens the same one again with all that was flushed.
     */
    protected abstract VectorIndex open();

    /**
     * Opens the index as it would be found if everything had crashed at this moment, while the one under test goes on
     * undisturbed: a copy. Called again, gives another copy. Empty if the implementation cannot simulate that.
     */
    protected Optional<VectorIndex> openAfterCrash() {
        return Optional.empty();
    }

    @BeforeEach
    void openEmpty() {
        index = open();
        index.create(COLLECTION, SPEC);
    }

    @AfterEach
    void closeIndex() {
        index.close();
    }

    // ---- collections

    @Test
    void aCollectionIsDescribedAsItWasCreated() {
        assertThat(index.describe("other")).isEmpty();
        assertThat(index.describe(COLLECTION)).contains(new CollectionState(SPEC, 0, 0, null));
    }

    @Test
    void aCollectionIsThereAfterReopening() {
        index.apply(COLLECTION, puts(article("1", "one", "two")));
        index.flush(position(17));
        reopen();
        assertThat(index.describe(COLLECTION))
                .contains(new CollectionState(SPEC, 1, 2, position(17).version().toString()));
    }

    @Test
    void creatingAgainRecordsTheNewSpecAndKeepsTheDocuments() {
        index.apply(COLLECTION, puts(article("1", "one")));
        index.flush(position(5));
        var newSpec = new CollectionSpec(SPEC.dimension(), SPEC.model(), "chunker-b", Map.of("articles", "g1"));
        index.create(COLLECTION, newSpec);
        var expected = new CollectionState(newSpec, 1, 1, position(5).version().toString());
        assertThat(index.describe(COLLECTION)).contains(expected);
        reopen();
        assertThat(index.describe(COLLECTION)).contains(expected);
    }

    @Test
    void anotherModelOrDimensionIsRefused() {
        var otherModel = new CollectionSpec(SPEC.dimension(), "model-b", SPEC.chunker(), SPEC.mappings());
        var otherDimension = new CollectionSpec(48, SPEC.model(), SPEC.chunker(), SPEC.mappings());
        assertRefused(() -> index.create(COLLECTION, otherModel));
        assertRefused(() -> index.create(COLLECTION, otherDimension));
        assertThat(index.describe(COLLECTION)).contains(new CollectionState(SPEC, 0, 0, null));
    }

    @Test
    void aDroppedCollectionIsGoneAndCanBeCreatedAnew() {
        index.apply(COLLECTION, puts(article("1", "one")));
        index.flush(null);
        index.drop(COLLECTION);
        index.drop(COLLECTION);
        assertThat(index.describe(COLLECTION)).isEmpty();
        reopen();
        assertThat(index.describe(COLLECTION)).isEmpty();
        index.create(COLLECTION, SPEC);
        assertThat(index.describe(COLLECTION)).contains(new CollectionState(SPEC, 0, 0, null));
        assertThat(scan(COLLECTION)).isEmpty();
    }

    @Test
    void collectionsDoNotMix() {
        index.create("other", new CollectionSpec(SPEC.dimension(), "model-b", "c", Map.of()));
        index.apply(COLLECTION, puts(article("1", "one")));
        index.apply("other", puts(article("1", "two")));
        index.apply("other", List.of(article("1").remove()));
        assertThat(texts(search("one", 10, Filter.NONE))).containsExactly("one");
        assertThat(scan("other")).isEmpty();
    }

    @Test
    void aCollectionThatDoesNotExistIsAnError() {
        var query = new IndexQuery.Dense(vectorOf("one"), 1, Filter.NONE);
        assertRefused(() -> index.apply("other", puts(article("1", "one"))));
        assertRefused(() -> index.heads("other", List.of(article("1").key())));
        assertRefused(() -> index.document("other", article("1").key()));
        assertRefused(() -> index.tombstone("other", article("1").key()));
        assertRefused(() -> index.search("other", query));
        assertRefused(() -> index.search("other", new IndexQuery.Lexical("one", 1, Filter.NONE)));
        assertRefused(() -> index.removeAll("other", "articles"));
        assertRefused(() -> index.scan("other", document -> {}));
    }

    // ---- documents

    @Test
    void whatIsWrittenIsReadBack() {
        Map<String, @Nullable Object> metadata = new LinkedHashMap<>();
        metadata.put("title", "Grüße, \"Welt\"");
        metadata.put("count", 9_007_199_254_740_993L);
        metadata.put("price", 12.5);
        metadata.put("none", null);
        metadata.put("tags", Arrays.asList("a", 1L, true, null));
        metadata.put("nested", Map.of("deep", Map.of("er", "x")));
        SampleDocument document = article("1", "one", "two").with(metadata).tenant("acme");
        index.apply(COLLECTION, puts(document));

        assertThat(index.heads(COLLECTION, List.of(document.key(), article("2").key())))
                .containsExactly(Map.entry(document.key(), document.head()));
        List<StoredDocument> stored = scan(COLLECTION);
        assertThat(stored).hasSize(1);
        assertThat(stored.getFirst().head()).isEqualTo(document.head());
        assertSameChunks(stored.getFirst(), document);
        List<SearchHit> hits = search("two", 1, Filter.NONE);
        assertThat(hits).hasSize(1);
        SearchHit hit = hits.getFirst();
        assertThat(hit.document()).isEqualTo(document.head());
        assertThat(hit.chunkId()).isEqualTo(document.head().chunkIds().get(1));
        assertThat(hit.ordinal()).isEqualTo(1);
        assertThat(hit.text()).isEqualTo("two");
        assertThat(hit.headings()).containsExactly("Guide", "Part");
        assertThat(hit.score()).isCloseTo(1f, within(1e-5f));
    }

    @Test
    void aDocumentIsReadByItsKey() {
        SampleDocument before = article("1", "one", "two");
        SampleDocument document = before.version(2, "two", "three");
        index.apply(COLLECTION, puts(before, article("2", "one")));
        index.apply(COLLECTION, List.of(document.putAfter(before)));
        StoredDocument stored = index.document(COLLECTION, document.key()).orElseThrow();
        assertThat(stored.head()).isEqualTo(document.head());
        assertThat(requireNonNull(stored.head().provenance()).trace()).isEqualTo(document.trace());
        assertSameChunks(stored, document);
        assertThat(index.document(COLLECTION, article("3").key())).isEmpty();
        assertThat(index.document(COLLECTION, document.of("notes").key())).isEmpty();
    }

    @Test
    void aHeadNeedNotSayHowItCame() {
        SampleDocument document = article("1", "one");
        var put = new DocumentWrite.Put(document.head(null), null, document.chunks(), List.of(), false);
        index.apply(COLLECTION, List.of(put));
        reopen();
        assertThat(index.heads(COLLECTION, List.of(document.key())))
                .containsExactly(Map.entry(document.key(), document.head(null)));
    }

    @Test
    void whatRemovedADocumentIsRemembered() {
        Instant start = Instant.now().truncatedTo(ChronoUnit.MILLIS);
        SampleDocument document = article("1", "one");
        index.apply(COLLECTION, puts(document, article("2", "two")));
        assertThat(index.tombstone(COLLECTION, document.key())).isEmpty();

        SampleDocument removal = document.version(5);
        index.apply(COLLECTION, List.of(removal.remove()));
        index.flush(null);
        reopen();
        Tombstone tombstone = index.tombstone(COLLECTION, document.key()).orElseThrow();
        assertThat(tombstone.version()).isEqualTo(removal.version());
        assertThat(tombstone.trace()).isEqualTo(removal.trace());
        assertThat(requireNonNull(tombstone.removedAt())).isBetween(start, Instant.now());
        assertThat(index.document(COLLECTION, document.key())).isEmpty();
        assertThat(index.tombstone(COLLECTION, article("2").key())).isEmpty();
        assertThat(index.tombstone(COLLECTION, document.of("notes").key())).isEmpty();

        var nobody = new DocumentWrite.Remove(document.key(), new Version(6, 0));
        index.apply(COLLECTION, List.of(nobody));
        assertThat(index.tombstone(COLLECTION, document.key()).orElseThrow().trace())
                .isNull();

        index.apply(COLLECTION, puts(document.version(7, "back")));
        assertThat(index.tombstone(COLLECTION, document.key())).isEmpty();
    }

    @Test
    void aTruncationIsRememberedOfWhatItRemoved() {
        SampleDocument document = article("1", "one");
        index.apply(COLLECTION, puts(document, document.of("notes")));
        index.truncate(COLLECTION, "articles", new Version(9, 1));
        Tombstone tombstone = index.tombstone(COLLECTION, document.key()).orElseThrow();
        assertThat(tombstone.version()).isEqualTo(new Version(9, 1));
        assertThat(tombstone.removedAt()).isNotNull();
        assertThat(tombstone.trace()).isNull();
        assertThat(index.tombstone(COLLECTION, document.of("notes").key())).isEmpty();
    }

    @Test
    void writingTheSameTwiceIsLikeWritingItOnce() {
        SampleDocument before = article("1", "kept", "old");
        SampleDocument after = before.version(2, "kept", "new");
        List<DocumentWrite> writes =
                List.of(after.putAfter(before), article("2", "x").remove());
        index.apply(COLLECTION, puts(before, article("2", "x")));
        index.apply(COLLECTION, writes);
        index.apply(COLLECTION, writes);
        assertThat(scan(COLLECTION)).hasSize(1).allSatisfy(stored -> assertSameChunks(stored, after));
        assertThat(texts(search("kept", 10, Filter.NONE))).containsExactlyInAnyOrder("kept", "new");
        assertCounts(1, 2);
    }

    @Test
    void aDocumentIsRemovedWithAllItsChunks() {
        index.apply(COLLECTION, puts(article("1", "one", "two"), article("2", "two", "three")));
        index.apply(
                COLLECTION,
                List.of(article("1").remove(), article("never there").remove()));
        assertThat(index.heads(COLLECTION, List.of(article("1").key()))).isEmpty();
        assertThat(texts(search("two", 10, Filter.NONE))).containsExactly("two", "three");
        assertCounts(1, 2);
    }

    @Test
    void chunksAreKeptAddedRemovedAndReordered() {
        SampleDocument before = article("1", "a", "b", "c");
        SampleDocument after = before.version(2, "c", "d", "a");
        index.apply(COLLECTION, puts(before));
        index.apply(COLLECTION, List.of(after.putAfter(before)));
        assertThat(scan(COLLECTION)).hasSize(1).allSatisfy(stored -> assertSameChunks(stored, after));
        SearchHit hit = search("c", 1, Filter.NONE).getFirst();
        assertThat(hit.ordinal()).isZero();
        assertThat(hit.document().version()).isEqualTo(new Version(2, 0));
        assertThat(texts(search("b", 10, Filter.NONE))).containsExactlyInAnyOrder("a", "c", "d");
    }

    @Test
    void aTextMovesFromOneDocumentToAnotherInOneCall() {
        SampleDocument one = article("1", "moving", "stays");
        SampleDocument two = article("2", "other");
        index.apply(COLLECTION, puts(one, two));
        index.apply(
                COLLECTION,
                List.of(
                        one.version(2, "stays").putAfter(one),
                        two.version(2, "other", "moving").putAfter(two)));
        assertThat(search("moving", 1, Filter.NONE).getFirst().document().key()).isEqualTo(two.key());
        index.apply(COLLECTION, List.of(two.version(3).remove()));
        assertThat(texts(search("moving", 10, Filter.NONE))).containsExactly("stays");
    }

    @Test
    void aDocumentWithoutChunksIsHeldButNeverFound() {
        SampleDocument empty = article("1");
        index.apply(COLLECTION, puts(empty));
        assertThat(index.heads(COLLECTION, List.of(empty.key()))).containsOnlyKeys(empty.key());
        assertThat(scan(COLLECTION)).extracting(StoredDocument::head).containsExactly(empty.head());
        assertThat(search("one", 10, Filter.NONE)).isEmpty();
        assertCounts(1, 0);
        SampleDocument before = article("1", "one");
        index.apply(COLLECTION, List.of(before.putAfter(empty)));
        index.apply(COLLECTION, List.of(empty.version(3).putAfter(before)));
        assertThat(search("one", 10, Filter.NONE)).isEmpty();
        assertCounts(1, 0);
    }

    @Test
    void keysAndIdsCanBeAnyText() {
        List<String> rows = List.of(
                "a/b",
                "a,b",
                "a\\,b",
                "ключ",
                "🔑",
                " ",
                "a%2Fb",
                "x".repeat(2_000),
                "x".repeat(1_999) + "y",
                "'\"\n",
                "*");
        List<DocumentWrite> writes = new ArrayList<>();
        List<DocumentKey> keys = new ArrayList<>();
        for (String row : rows) {
            writes.add(article(row, "text of " + row).put());
            keys.add(article(row).key());
        }
        index.apply(COLLECTION, writes);
        Map<DocumentKey, DocumentHead> heads = index.heads(COLLECTION, keys);
        assertThat(heads).containsOnlyKeys(keys);
        for (String row : rows) {
            List<SearchHit> hits = search("text of " + row, 10, new Filter(List.of(anyOf("id", row))));
            assertThat(hits).extracting(hit -> hit.document().key().row()).containsExactly(row);
        }
        index.apply(
                COLLECTION,
                List.of(article("x".repeat(2_000)).remove(), article("a/b").remove()));
        assertThat(index.heads(COLLECTION, keys)).hasSize(rows.size() - 2);
    }

    @Test
    void everyDocumentOfAMappingIsRemovedAndNoOther() {
        List<DocumentWrite> writes = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            writes.add(article("" + i, "shared", "article " + i).put());
            writes.add(article("" + i, "shared", "note " + i).of("notes").put());
        }
        writes.add(article("1", "shared").of("articles_more").put());
        index.apply(COLLECTION, writes);
        assertThat(index.removeAll(COLLECTION, "articles")).isEqualTo(20);
        assertThat(index.removeAll(COLLECTION, "articles")).isZero();
        assertCounts(21, 41);
        assertThat(search("shared", 100, Filter.NONE))
                .hasSize(41)
                .noneMatch(hit -> hit.document().key().mapping().equals("articles"));
        assertThat(texts(search("shared", 21, Filter.NONE))).containsOnly("shared");
        assertThat(scan(COLLECTION)).hasSize(21);
    }

    @Test
    void aBadVectorIsRefusedAndNothingIsWritten() {
        for (float[] bad : List.of(
                new float[SPEC.dimension()],
                filled(SPEC.dimension(), Float.NaN),
                filled(SPEC.dimension(), Float.POSITIVE_INFINITY),
                new float[] {1, 0, 0})) {
            EmbeddedChunk good = article("1", "bad").chunks().getFirst();
            var put = new DocumentWrite.Put(
                    article("1", "bad").head(), null, List.of(new EmbeddedChunk(good.chunk(), bad)), List.of(), false);
            assertRefused(() ->
                    index.apply(COLLECTION, List.of(article("2", "good").put(), put)));
            assertRefused(() -> index.search(COLLECTION, new IndexQuery.Dense(bad, 1, Filter.NONE)));
            assertRefused(() -> index.search(COLLECTION, new IndexQuery.Hybrid(bad, "bad", 1, Filter.NONE)));
        }
        index.apply(COLLECTION, List.of());
        assertThat(scan(COLLECTION)).isEmpty();
    }

    // ---- who comes late

    @Test
    void anOlderVersionNeverReplacesANewer() {
        SampleDocument newer = article("1", "new").version(7, "new", "kept");
        index.apply(COLLECTION, puts(newer));
        SampleDocument older = article("1").version(6, "old", "kept");
        assertThat(index.apply(COLLECTION, puts(older, article("2", "another"))))
                .containsExactly(Map.entry(older.key(), Refusal.OLDER));
        assertThat(index.apply(COLLECTION, List.of(article("1").version(6).remove())))
                .containsExactly(Map.entry(older.key(), Refusal.OLDER));
        assertSameChunks(stored(newer.key()), newer);
        assertCounts(2, 3);
        assertThat(texts(search("old", 10, Filter.NONE))).doesNotContain("old");
    }

    @Test
    void ofEqualVersionsTheLaterWriteCounts() {
        index.apply(COLLECTION, puts(article("1").version(3, "first", "kept")));
        SampleDocument later = article("1").version(3, "second", "kept");
        assertThat(index.apply(COLLECTION, puts(later))).isEmpty();
        assertSameChunks(stored(later.key()), later);
        assertCounts(1, 2);
    }

    @Test
    void anOlderVersionDoesNotBringBackWhatWasRemoved() {
        SampleDocument document = article("1").version(4, "one", "two");
        index.apply(COLLECTION, puts(document));
        index.apply(COLLECTION, List.of(article("1").version(9).remove()));
        // Also where there was nothing.
        index.apply(COLLECTION, List.of(article("2").version(9).remove()));
        SampleDocument late = article("2").version(8, "late");
        assertThat(index.apply(COLLECTION, puts(document, late)))
                .containsOnly(Map.entry(document.key(), Refusal.OLDER), Map.entry(late.key(), Refusal.OLDER));
        index.flush(null);
        reopen();
        assertThat(index.apply(COLLECTION, puts(document))).containsExactly(Map.entry(document.key(), Refusal.OLDER));
        assertThat(index.heads(COLLECTION, List.of(document.key(), late.key()))).isEmpty();
        assertThat(scan(COLLECTION)).isEmpty();
        assertCounts(0, 0);
        SampleDocument again = article("1").version(10, "again");
        assertThat(index.apply(COLLECTION, puts(again))).isEmpty();
        assertThat(texts(search("again", 10, Filter.NONE))).containsExactly("again");
        assertCounts(1, 1);
    }

    @Test
    void aTruncationSparesWhatIsNewerAndKeepsOutWhatIsOlder() {
        SampleDocument old = article("1").version(4, "old", "shared");
        SampleDocument equal = article("2").version(5, "equal", "shared");
        SampleDocument newer = article("3").version(6, "newer", "shared");
        SampleDocument note = article("1", "note").of("notes");
        index.apply(COLLECTION, puts(old, equal, newer, note));
        assertThat(index.truncate(COLLECTION, "articles", new Version(5, 0))).isEqualTo(2);
        assertThat(keys()).containsOnly(newer.key(), note.key());
        assertThat(index.apply(COLLECTION, puts(old))).containsExactly(Map.entry(old.key(), Refusal.OLDER));
        assertThat(texts(search("shared", 10, Filter.NONE))).contains("shared").doesNotContain("old", "equal");
        assertCounts(2, 3);
        assertThat(index.truncate(COLLECTION, "articles", new Version(8, 0))).isEqualTo(1);
        assertThat(keys()).containsOnly(note.key());
        assertThat(index.apply(COLLECTION, puts(newer))).containsExactly(Map.entry(newer.key(), Refusal.OLDER));
        SampleDocument after = article("3").version(9, "after");
        assertThat(index.apply(COLLECTION, puts(after))).isEmpty();
        assertThat(keys()).containsOnly(note.key(), after.key());
    }

    @Test
    void aLaterEpochIsNewerWhateverItsLog() {
        var document =
                new SampleDocument(article("1").key(), new Version(0, 900, 7), Map.of(), null, List.of("before"));
        var restored = new SampleDocument(article("1").key(), new Version(1, 20, 3), Map.of(), null, List.of("after"));
        index.apply(COLLECTION, puts(document));
        assertThat(index.apply(COLLECTION, puts(restored))).isEmpty();
        assertThat(index.apply(COLLECTION, puts(document))).containsExactly(Map.entry(document.key(), Refusal.OLDER));
        assertSameChunks(stored(restored.key()), restored);
    }

    @Test
    void aWriteThatWasPlannedOnWhatIsNoLongerThereIsRefused() {
        SampleDocument first = article("1").version(1, "a", "b");
        SampleDocument second = article("1").version(2, "b", "c");
        SampleDocument third = article("1").version(3, "a", "b", "d");
        index.apply(COLLECTION, puts(first));
        assertThat(index.apply(COLLECTION, List.of(second.putAfter(first)))).isEmpty();
        // It keeps "a", which is gone.
        assertThat(index.apply(COLLECTION, List.of(third.putAfter(first))))
                .containsExactly(Map.entry(third.key(), Refusal.MOVED));
        assertSameChunks(stored(second.key()), second);
        assertThat(index.apply(COLLECTION, List.of(third.putAfter(second)))).isEmpty();
        // Only the answer was lost, so it comes once more.
        assertThat(index.apply(COLLECTION, List.of(third.putAfter(second)))).isEmpty();
        assertSameChunks(stored(third.key()), third);
        assertThat(index.apply(COLLECTION, List.of(article("1").version(4).remove())))
                .isEmpty();
        assertThat(index.apply(
                        COLLECTION, List.of(article("1").version(5, "a", "x").putAfter(third))))
                .containsExactly(Map.entry(third.key(), Refusal.MOVED));
        assertThat(scan(COLLECTION)).isEmpty();
    }

    // ---- what readers see

    @Test
    void aReaderSeesOneVersionOfADocumentAndAllOfIt() {
        SampleDocument document = article("1", "kept", "also kept", "0 a", "0 b");
        index.apply(COLLECTION, puts(document, article("2", "another")));
        var writing = new AtomicBoolean(true);
        var answers = new AtomicInteger();
        List<CompletableFuture<Void>> readers = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            readers.add(CompletableFuture.runAsync(() -> {
                while (writing.get()) {
                    assertWhole(search("kept", 20, new Filter(List.of(anyOf("id", "1")))));
                    assertThat(scan(COLLECTION)).hasSize(2);
                    answers.incrementAndGet();
                }
            }));
        }
        try {
            String stamp = document.head().stamp();
            for (int version = 2; version < 200 || (answers.get() < 50 && version < 5_000); version++) {
                SampleDocument next = document.version(version, version + " a", "kept", version + " b", "also kept");
                DocumentWrite.Put put = writtenNow(next.putAfter(document), stamp);
                assertThat(index.apply(COLLECTION, List.of(put))).isEmpty();
                stamp = put.head().stamp();
                document = next;
            }
        } finally {
            writing.set(false);
        }
        readers.forEach(CompletableFuture::join);
        assertThat(answers.get()).isGreaterThanOrEqualTo(50);
    }

    private static DocumentWrite.Put writtenNow(DocumentWrite.Put put, String base) {
        DocumentHead now = put.head().writtenAt(Instant.now());
        return new DocumentWrite.Put(now, base, put.added(), put.removed(), put.payloadChanged());
    }

    private static void assertWhole(List<SearchHit> hits) {
        assertThat(hits).isNotEmpty();
        DocumentHead head = hits.getFirst().document();
        assertThat(hits).extracting(SearchHit::document).containsOnly(head);
        assertThat(hits).extracting(SearchHit::chunkId).containsExactlyInAnyOrderElementsOf(head.chunkIds());
        assertThat(hits)
                .allSatisfy(hit -> assertThat(hit.text())
                        .matches("(also )?kept|" + head.version().commit() + " [ab]|0 [ab]"));
    }

    @Test
    void whatWasJustWrittenIsFound() {
        for (int i = 0; i < 50; i++) {
            index.apply(COLLECTION, puts(article("" + i, "fresh " + i, "second " + i)));
            assertThat(texts(search("fresh " + i, 1, Filter.NONE))).containsExactly("fresh " + i);
        }
    }

    @Test
    void onlyThePayloadChanges() {
        SampleDocument before =
                article("1", "one", "two").with(Map.of("status", "draft")).tenant("acme");
        SampleDocument after =
                before.with(Map.of("status", "final")).tenant("umbrella").version(2, "one", "two");
        index.apply(COLLECTION, puts(before, article("2", "one")));
        DocumentWrite.Put put = after.putAfter(before);
        assertThat(put.added()).isEmpty();
        assertThat(put.payloadChanged()).isTrue();
        index.apply(COLLECTION, List.of(put));
        assertThat(search("one", 9, new Filter(List.of(anyOf("status", "draft")))))
                .isEmpty();
        assertThat(search("one", 9, new Filter(List.of(anyOf("tenant", "acme")))))
                .isEmpty();
        assertThat(texts(search("one", 9, new Filter(List.of(anyOf("status", "final"), anyOf("tenant", "umbrella"))))))
                .containsExactly("one", "two");
        assertThat(scan(COLLECTION))
                .filteredOn(stored -> stored.head().key().equals(after.key()))
                .hasSize(1)
                .allSatisfy(stored -> assertSameChunks(stored, after));
        assertCounts(2, 3);
    }

    // ---- search

    @Test
    void hitsAreOrderedByScoreThenByChunkId() {
        List<DocumentWrite> writes = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            writes.add(article("" + i, "same", "text " + i).put());
        }
        index.apply(COLLECTION, writes);
        List<SearchHit> all = search("same", 200, Filter.NONE);
        assertThat(all).hasSize(120);
        assertThat(all)
                .isSortedAccordingTo(Comparator.comparing(SearchHit::score, Comparator.reverseOrder())
                        .thenComparing(SearchHit::chunkId));
        assertThat(texts(all.subList(0, 60))).containsOnly("same");
        for (int limit : List.of(1, 7, 59, 61)) {
            assertThat(ids(search("same", limit, Filter.NONE))).isEqualTo(ids(all).subList(0, limit));
        }
        float[] query = vectorOf("same");
        assertThat(all)
                .allSatisfy(hit ->
                        assertThat((double) hit.score()).isCloseTo(cosine(query, vectorOf(hit.text())), within(1e-5)));
    }

    @Test
    void searchIsTrueAlsoWhereManyChunksShareATextWithOthers() {
        var random = new Random(42);
        Map<String, float[]> vectors = new HashMap<>();
        List<DocumentWrite> batch = new ArrayList<>();
        for (int i = 0; i < 3_000; i++) {
            SampleDocument document = article("" + i, i % 10 == 0 ? "boilerplate " + i % 50 : "text " + i);
            vectors.put(
                    document.head().chunkIds().getFirst(),
                    vectorOf(document.texts().getFirst()));
            batch.add(document.put());
            if (batch.size() == 100) {
                index.apply(COLLECTION, batch);
                batch.clear();
            }
        }
        int found = 0;
        int queries = 100;
        for (int i = 0; i < queries; i++) {
            float[] query = SampleDocument.unitVector(random, SPEC.dimension());
            double tenth = vectors.values().stream()
                    .map(vector -> cosine(query, vector))
                    .sorted(Collections.reverseOrder())
                    .toList()
                    .get(9);
            List<SearchHit> hits = index.search(COLLECTION, new IndexQuery.Dense(query, 10, Filter.NONE));
            assertThat(new HashSet<>(ids(hits))).hasSize(10);
            found += (int) hits.stream()
                    .filter(hit -> cosine(query, requireNonNull(vectors.get(hit.chunkId()))) >= tenth - 1e-6)
                    .count();
        }
        assertThat(found / (10.0 * queries)).as("recall@10").isGreaterThanOrEqualTo(0.95);
    }

    @Test
    void filtersByEqualityKnowTypesListsAndNestedObjects() {
        index.apply(
                COLLECTION,
                puts(
                        article("1", "one").with(Map.of("n", 5L, "tags", List.of("a", "b"), "flag", true)),
                        article("2", "two").with(Map.of("n", 5.0, "tags", List.of("b"), "nested", Map.of("x", "deep"))),
                        article("3", "three").with(Map.of("n", "5", "tags", "c", "flag", "true")),
                        article("4", "four")
                                .with(Map.of("n", 6L, "flag", false, "long", "x".repeat(50_000)))
                                .tenant("acme"),
                        article("5", "five")
                                .with(Collections.singletonMap("n", null))
                                .of("notes")
                                .tenant("umbrella")));
        assertThat(rows(anyOf("n", 5L))).containsExactly("1", "2");
        assertThat(rows(anyOf("n", 5.0))).containsExactly("1", "2");
        assertThat(rows(anyOf("n", "5"))).containsExactly("3");
        assertThat(rows(anyOf("n", "5", 6L))).containsExactly("3", "4");
        assertThat(rows(anyOf("tags", "b"))).containsExactly("1", "2");
        assertThat(rows(anyOf("tags", "a", "c"))).containsExactly("1", "3");
        assertThat(rows(anyOf("flag", true))).containsExactly("1");
        assertThat(rows(anyOf("flag", "true"))).containsExactly("3");
        assertThat(rows(anyOf("nested.x", "deep"))).containsExactly("2");
        assertThat(rows(anyOf("nested", "deep"))).isEmpty();
        assertThat(rows(anyOf("unknown", "x"))).isEmpty();
        assertThat(rows(anyOf("n"))).isEmpty();
        assertThat(rows(anyOf("tenant", "acme", "umbrella"))).containsExactly("4", "5");
        assertThat(rows(anyOf("mapping", "notes"))).containsExactly("5");
        assertThat(rows(anyOf("id", "1", "3"))).containsExactly("1", "3");
        assertThat(rows(anyOf("n", 5L), anyOf("tags", "a"))).containsExactly("1");
    }

    @Test
    void filtersByRangesOfNumbersAndTimes() {
        index.apply(
                COLLECTION,
                puts(
                        article("1", "one").with(Map.of("n", -1.5, "at", "2026-01-01T00:00:00Z")),
                        article("2", "two").with(Map.of("n", 0L, "at", "2026-01-01T01:00:00+02:00")),
                        article("3", "three").with(Map.of("n", 10L, "at", "2026-01-02")),
                        article("4", "four").with(Map.of("n", List.of(3L, 30L), "at", "2026-01-01T12:00:00.000001")),
                        article("5", "five").with(Map.of("n", "7", "at", "soon", "m", 7L))));
        assertThat(rows(range("n", 0L, null, null, null))).containsExactly("2", "3", "4");
        assertThat(rows(range("n", null, 0L, null, null))).containsExactly("3", "4");
        assertThat(rows(range("n", null, null, 0.0, null))).containsExactly("1", "2");
        assertThat(rows(range("n", null, null, null, 0L))).containsExactly("1");
        assertThat(rows(range("n", -1.5, null, null, 10L))).containsExactly("1", "2", "4");
        assertThat(rows(range("n", 11L, null, 29L, null))).isEmpty();
        assertThat(rows(range("unknown", 0L, null, null, null))).isEmpty();
        assertThat(rows(range("at", "2026-01-01", null, null, null))).containsExactly("1", "3", "4");
        assertThat(rows(range("at", null, "2026-01-01T00:00:00Z", null, "2026-01-02T00:00:00Z")))
                .containsExactly("4");
        assertThat(rows(range("at", null, null, "2026-01-01T00:00:00", null))).containsExactly("1", "2");
        assertThat(rows(range("at", "2026-01-01T12:00:00.000001Z", null, "2026-01-01T12:00:00.000001Z", null)))
                .containsExactly("4");
        assertThat(rows(range("at", "2025-01-01", null, null, null), anyOf("n", 10L)))
                .containsExactly("3");
    }

    @Test
    void aFilteredSearchReturnsTheNearestOfThoseThatMatch() {
        List<DocumentWrite> writes = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            writes.add(article("" + i, "text " + i)
                    .with(Map.of("group", (long) i % 30))
                    .put());
        }
        index.apply(COLLECTION, writes);
        List<String> expected = search("query", 300, Filter.NONE).stream()
                .filter(hit -> Integer.parseInt(hit.document().id()) % 30 == 4)
                .map(SearchHit::chunkId)
                .toList();
        Filter group = new Filter(List.of(anyOf("group", 4L)));
        assertThat(ids(search("query", 5, group))).isEqualTo(expected.subList(0, 5));
        assertThat(ids(search("query", 100, group))).isEqualTo(expected);
    }

    // ---- search by words, and by both

    /** Six short texts; the vectors of {@link SampleDocument} are random, so that only words tell one from another. */
    private static final List<SampleDocument> WORDY = List.of(
            article("1", "The courier delivers parcels on weekdays."),
            article("2", "Parcels above twenty kilograms need a pallet, and the pallet a lorry."),
            article("3", "Refunds arrive within a week."),
            article("4", "Error SHP-1048: the label printer has no paper."),
            article("5", "Chargebacks are refunds that the customer's bank forces."),
            article("6", "Über die Rückgabe in Österreich."));

    @Test
    void aRareWordFindsItsChunk() {
        index.apply(COLLECTION, puts(WORDY.toArray(SampleDocument[]::new)));
        assertThat(rowsByWords("pallet")).containsExactly("2");
        assertThat(rowsByWords("SHP-1048")).startsWith("4");
        assertThat(rowsByWords("where do chargebacks come from")).containsExactly("5");
        assertThat(rowsByWords("rückgabe")).containsExactly("6");
        assertThat(rowsByWords("zeppelin")).isEmpty();
        SearchHit hit = byWords("pallet", 10, Filter.NONE).getFirst();
        assertThat(hit.document()).isEqualTo(WORDY.get(1).head());
        assertThat(hit.text()).isEqualTo(WORDY.get(1).texts().getFirst());
        assertThat(hit.headings()).containsExactly("Guide", "Part");
        assertThat(hit.score()).isPositive();
    }

    @Test
    void wordsAreComparedWithoutCaseAndEnglishEndings() {
        index.apply(COLLECTION, puts(WORDY.toArray(SampleDocument[]::new)));
        assertThat(rowsByWords("PARCEL delivery")).containsExactly("1", "2");
        assertThat(rowsByWords("refund")).containsExactlyInAnyOrder("3", "5");
        assertThat(rowsByWords("a refund of customers")).startsWith("5").contains("3");
    }

    @Test
    void moreOfTheWordsAndRarerOnesAndShorterTextsRankHigher() {
        index.apply(
                COLLECTION,
                puts(
                        article("both", "violet lantern"),
                        article("rare", "violet umbrella"),
                        article("common", "lantern umbrella"),
                        article("long", "lantern umbrella " + "window ".repeat(40)),
                        article("other", "lantern bicycle"),
                        article("none", "bicycle umbrella")));
        List<String> rows = rowsByWords("violet lantern");
        assertThat(rows).hasSize(5).doesNotContain("none");
        assertThat(rows.subList(0, 2)).containsExactly("both", "rare");
        assertThat(rows.getLast()).isEqualTo("long");
    }

    @Test
    void headingsAreSearchedByWordsToo() {
        index.apply(COLLECTION, puts(article("1", "one"), article("2", "two")));
        assertThat(rowsByWords("guides")).containsExactlyInAnyOrder("1", "2");
    }

    @Test
    void wordsAreNoQueryLanguage() {
        index.apply(COLLECTION, puts(WORDY.toArray(SampleDocument[]::new)));
        for (String words : List.of(
                "pallet",
                "+pallet -lorry",
                "\"pallet",
                "(pallet",
                "text:pallet",
                "pallet*)~^[{",
                "pallet AND NOT",
                "\\ pallet /",
                "\u0000pallet\n\uD83D\uDD11")) {
            assertThat(rowsByWords(words)).as(words).containsExactly("2");
        }
        assertThat(rowsByWords("pal*")).isEmpty();
        assertThat(rowsByWords("NOT parcels")).containsExactlyInAnyOrder("1", "2");
        assertThat(rowsByWords("pallet " + "nothing".repeat(20_000))).containsExactly("2");
    }

    @Test
    void aLongTextFindsByItsFirstWords() {
        index.apply(COLLECTION, puts(WORDY.toArray(SampleDocument[]::new)));
        var words = new StringBuilder("pallet");
        for (int i = 0; i < 20_000; i++) {
            words.append(" word").append(i);
        }
        assertThat(rowsByWords(words.toString())).containsExactly("2");
    }

    @Test
    void withoutWordsThatCountNothingIsFoundByWordsAndTheNearestByBoth() {
        index.apply(COLLECTION, puts(WORDY.toArray(SampleDocument[]::new)));
        List<String> nearest = ids(search("query", 10, Filter.NONE));
        for (String words : List.of("the and of is", "?!… -- ()", "", " ", "zeppelin")) {
            assertThat(byWords(words, 10, Filter.NONE)).as(words).isEmpty();
            assertThat(ids(byBoth("query", words, 10, Filter.NONE))).as(words).isEqualTo(nearest);
        }
    }

    @Test
    void byWordsHitsAreOrderedByScoreThenByChunkId() {
        List<DocumentWrite> writes = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            writes.add(
                    article("" + i, "the same lantern", "lantern number " + i).put());
        }
        Collections.shuffle(writes, new Random(3));
        for (DocumentWrite write : writes) {
            index.apply(COLLECTION, List.of(write));
        }
        List<SearchHit> all = byWords("same lantern", 1_000, Filter.NONE);
        assertThat(all).hasSize(600);
        assertThat(texts(all.subList(0, 300))).containsOnly("the same lantern");
        assertThat(all)
                .isSortedAccordingTo(Comparator.comparing(SearchHit::score, Comparator.reverseOrder())
                        .thenComparing(SearchHit::chunkId));
        for (int limit : List.of(1, 7, 120, 299)) {
            assertThat(ids(byWords("same lantern", limit, Filter.NONE))).isEqualTo(ids(all).subList(0, limit));
        }
    }

    @Test
    void filtersHoldHoweverItIsSearched() {
        List<DocumentWrite> writes = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            writes.add(article("" + i, "lantern " + i)
                    .with(Map.of("group", (long) i % 30))
                    .tenant(i % 2 == 0 ? "acme" : "umbrella")
                    .put());
        }
        index.apply(COLLECTION, writes);
        Filter filter = new Filter(List.of(anyOf("group", 4L), anyOf("tenant", "acme")));
        List<String> expected = List.of("4", "34", "64", "94", "124", "154", "184", "214", "244", "274");
        assertThat(byWords("lantern", 100, filter))
                .extracting(hit -> hit.document().id())
                .containsExactlyInAnyOrderElementsOf(expected);
        assertThat(byBoth("query", "lantern", 100, filter))
                .extracting(hit -> hit.document().id())
                .containsExactlyInAnyOrderElementsOf(expected);
        assertThat(byWords("64", 100, filter)).extracting(SearchHit::text).containsExactly("lantern 64");
        assertThat(byWords("65", 100, filter)).isEmpty();
    }

    @Test
    void byWordsOnlyTheNewestVersionIsFoundAndNothingDeleted() {
        SampleDocument before = article("1", "kept lantern", "old violet");
        SampleDocument after = before.version(2, "kept lantern", "new orange");
        SampleDocument other = article("2", "violet carpet");
        index.apply(COLLECTION, puts(before, other));
        index.apply(COLLECTION, List.of(after.putAfter(before)));
        assertThat(texts(byWords("violet", 10, Filter.NONE))).containsExactly("violet carpet");
        assertThat(byWords("lantern orange", 10, Filter.NONE))
                .hasSize(2)
                .allSatisfy(hit -> assertThat(hit.document()).isEqualTo(after.head()));
        assertThat(texts(byBoth("old violet", "violet", 10, Filter.NONE)))
                .containsExactlyInAnyOrder("violet carpet", "kept lantern", "new orange");
        index.apply(COLLECTION, List.of(other.remove()));
        assertThat(byWords("violet carpet", 10, Filter.NONE)).isEmpty();
        index.removeAll(COLLECTION, "articles");
        assertThat(byWords("lantern orange", 10, Filter.NONE)).isEmpty();
        assertThat(byBoth("kept lantern", "lantern", 10, Filter.NONE)).isEmpty();
    }

    @Test
    void wordsStayWhenOnlyThePayloadChangesAndAfterReopening() {
        SampleDocument before = article("1", "violet lantern").with(Map.of("status", "draft"));
        SampleDocument after = before.with(Map.of("status", "final")).version(2, "violet lantern");
        index.apply(COLLECTION, puts(before));
        index.apply(COLLECTION, List.of(after.putAfter(before)));
        Filter draft = new Filter(List.of(anyOf("status", "draft")));
        assertThat(byWords("lanterns", 10, draft)).isEmpty();
        assertThat(texts(byWords("lanterns", 10, Filter.NONE))).containsExactly("violet lantern");
        index.flush(position(1));
        reopen();
        assertThat(texts(byWords("lanterns", 10, Filter.NONE))).containsExactly("violet lantern");
    }

    @Test
    void byBothTheRanksOfBothAreFused() {
        List<DocumentWrite> writes = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            writes.add(article("" + i, (i % 3 == 0 ? "violet lantern " : "carpet ") + i)
                    .put());
        }
        index.apply(COLLECTION, writes);
        for (int limit : List.of(1, 10, 100, 200)) {
            int depth = RankFusion.depth(limit);
            List<String> dense = ids(search("query", depth, Filter.NONE));
            List<String> lexical = ids(byWords("violet 21 carpet 25", depth, Filter.NONE));
            List<SearchHit> both = byBoth("query", "violet 21 carpet 25", limit, Filter.NONE);
            assertThat(both)
                    .hasSize(limit)
                    .isSortedAccordingTo(Comparator.comparing(SearchHit::score, Comparator.reverseOrder())
                            .thenComparing(SearchHit::chunkId))
                    .allSatisfy(hit -> assertThat((double) hit.score())
                            .isCloseTo(share(dense, hit.chunkId()) + share(lexical, hit.chunkId()), within(1e-6)));
            if (limit >= 10) {
                assertThat(ids(both)).contains(dense.getFirst(), lexical.getFirst());
            }
        }
    }

    /** What the formula of reciprocal rank fusion says, written down a second time. */
    private static double share(List<String> ranking, String id) {
        int place = ranking.indexOf(id);
        return place < 0 ? 0 : 1.0 / (60 + place + 1);
    }

    @Test
    void byBothAReaderSeesOneVersionOfADocument() {
        SampleDocument document = article("1", "kept lantern", "0 a", "0 b");
        index.apply(COLLECTION, puts(document));
        var writing = new AtomicBoolean(true);
        var answers = new AtomicInteger();
        CompletableFuture<Void> reader = CompletableFuture.runAsync(() -> {
            while (writing.get()) {
                List<SearchHit> hits = byBoth("kept lantern", "lantern a b guide", 20, Filter.NONE);
                assertThat(hits).isNotEmpty();
                DocumentHead head = hits.getFirst().document();
                assertThat(hits).extracting(SearchHit::document).containsOnly(head);
                assertThat(ids(hits)).containsExactlyInAnyOrderElementsOf(head.chunkIds());
                answers.incrementAndGet();
            }
        });
        try {
            for (int version = 2; version < 100 || (answers.get() < 25 && version < 5_000); version++) {
                SampleDocument next = document.version(version, version + " a", "kept lantern", version + " b");
                index.apply(COLLECTION, List.of(next.putAfter(document)));
                document = next;
            }
        } finally {
            writing.set(false);
        }
        reader.join();
        assertThat(answers.get()).isGreaterThanOrEqualTo(25);
    }

    // ---- durability

    @Test
    void whatWasFlushedIsThereAfterReopening() {
        List<SampleDocument> documents = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            documents.add(article("" + i, "text " + i, "shared").with(Map.of("n", (long) i)));
        }
        index.apply(COLLECTION, puts(documents.toArray(SampleDocument[]::new)));
        index.apply(COLLECTION, List.of(documents.get(7).remove()));
        index.flush(position(3));
        reopen();
        assertCounts(99, 198);
        assertThat(texts(search("text 42", 1, Filter.NONE))).containsExactly("text 42");
        assertThat(rows(anyOf("n", 42L))).containsExactly("42");
        assertThat(index.heads(COLLECTION, List.of(documents.get(7).key()))).isEmpty();
        Map<DocumentKey, StoredDocument> stored = new HashMap<>();
        index.scan(COLLECTION, document -> stored.put(document.head().key(), document));
        documents.remove(7);
        assertThat(documents).allSatisfy(document -> assertSameChunks(stored.get(document.key()), document));
    }

    @Test
    void thePositionOfTheLastFlushIsKept() {
        index.flush(position(1));
        index.flush(position(2));
        index.flush(null);
        assertThat(index.describe(COLLECTION).orElseThrow().position())
                .isEqualTo(position(2).version().toString());
        reopen();
        assertThat(index.describe(COLLECTION).orElseThrow().position())
                .isEqualTo(position(2).version().toString());
    }

    @Test
    void flushingWhileOthersWriteLosesNothing() {
        var writing = new AtomicBoolean(true);
        CompletableFuture<Integer> writer = CompletableFuture.supplyAsync(() -> {
            int written = 0;
            while (writing.get()) {
                index.apply(COLLECTION, puts(article("" + written, "text " + written)));
                written++;
            }
            return written;
        });
        for (int i = 1; i <= 20; i++) {
            index.flush(position(i));
        }
        writing.set(false);
        int written = writer.join();
        index.flush(position(21));
        reopen();
        assertCounts(written, written);
    }

    @Test
    void aCrashLosesNothingThatWasFlushedAndLeavesNoHalfDocument() {
        SampleDocument first = article("1", manyChunks(1));
        index.apply(COLLECTION, puts(first));
        var applied = new AtomicInteger(1);
        var writing = new AtomicBoolean(true);
        CompletableFuture<Void> writer = CompletableFuture.runAsync(() -> {
            SampleDocument before = first;
            for (int version = 2; writing.get(); version++) {
                SampleDocument next = before.version(version, manyChunks(version));
                index.apply(COLLECTION, List.of(next.putAfter(before)));
                applied.set(version);
                before = next;
            }
        });
        try {
            for (int crash = 0; crash < 20; crash++) {
                int promised = applied.get();
                index.flush(position(promised));
                Optional<VectorIndex> copy = openAfterCrash();
                Assumptions.assumeTrue(copy.isPresent(), "NOT RUN: this index cannot simulate a crash");
                try (VectorIndex crashed = copy.orElseThrow()) {
                    assertConsistent(crashed, promised);
                }
            }
        } finally {
            writing.set(false);
            writer.join();
        }
    }

    private static String[] manyChunks(int version) {
        String[] texts = new String[100];
        Arrays.setAll(texts, i -> i % 10 == 0 ? "kept " + i : version + " text " + i);
        return texts;
    }

    private static void assertConsistent(VectorIndex crashed, int promised) {
        List<StoredDocument> documents = new ArrayList<>();
        crashed.scan(COLLECTION, documents::add);
        assertThat(documents).hasSize(1);
        StoredDocument document = documents.getFirst();
        long version = document.head().version().commit();
        assertThat(version).isGreaterThanOrEqualTo(promised);
        assertThat(document.chunks()).extracting(StoredChunk::text).containsExactly(manyChunks((int) version));
        CollectionState state = crashed.describe(COLLECTION).orElseThrow();
        assertThat(state.chunks()).isEqualTo(100);
        assertThat(Version.parse(String.valueOf(state.position())).commit()).isEqualTo(promised);
        assertThat(crashed.search(COLLECTION, new IndexQuery.Dense(vectorOf("kept 0"), 200, Filter.NONE)))
                .extracting(SearchHit::chunkId)
                .containsExactlyInAnyOrderElementsOf(document.head().chunkIds());
    }

    // ---- what the tests above are made of

    protected final void reopen() {
        index.close();
        index = open();
    }

    private List<SearchHit> search(String text, int limit, Filter filter) {
        return index.search(COLLECTION, new IndexQuery.Dense(vectorOf(text), limit, filter));
    }

    private List<SearchHit> byWords(String words, int limit, Filter filter) {
        return index.search(COLLECTION, new IndexQuery.Lexical(words, limit, filter));
    }

    private List<SearchHit> byBoth(String text, String words, int limit, Filter filter) {
        return index.search(COLLECTION, new IndexQuery.Hybrid(vectorOf(text), words, limit, filter));
    }

    private List<String> rowsByWords(String words) {
        return byWords(words, 10, Filter.NONE).stream()
                .map(hit -> hit.document().key().row())
                .toList();
    }

    private List<String> rows(Filter.Condition... conditions) {
        return search("anything", 100, new Filter(List.of(conditions))).stream()
                .map(hit -> hit.document().key().row())
                .distinct()
                .sorted()
                .toList();
    }

    private @Nullable StoredDocument stored(DocumentKey key) {
        return scan(COLLECTION).stream()
                .filter(document -> document.head().key().equals(key))
                .findFirst()
                .orElse(null);
    }

    private List<DocumentKey> keys() {
        return scan(COLLECTION).stream().map(document -> document.head().key()).toList();
    }

    private List<StoredDocument> scan(String collection) {
        List<StoredDocument> documents = new ArrayList<>();
        index.scan(collection, documents::add);
        return documents;
    }

    private void assertCounts(long documents, long chunks) {
        CollectionState state = index.describe(COLLECTION).orElseThrow();
        assertThat(List.of(state.documents(), state.chunks())).containsExactly(documents, chunks);
    }

    private static void assertSameChunks(@Nullable StoredDocument stored, SampleDocument document) {
        assertThat(requireNonNull(stored).head()).isEqualTo(document.head());
        List<EmbeddedChunk> expected = document.chunks();
        assertThat(stored.chunks()).hasSameSizeAs(expected);
        for (int i = 0; i < expected.size(); i++) {
            StoredChunk actual = stored.chunks().get(i);
            assertThat(actual.id()).isEqualTo(expected.get(i).chunk().id());
            assertThat(actual.text()).isEqualTo(expected.get(i).chunk().text());
            assertThat(actual.headings()).isEqualTo(expected.get(i).chunk().headings());
            assertThat(actual.hash()).isEqualTo(expected.get(i).chunk().hash());
            assertThat(actual.vector()).containsExactly(expected.get(i).vector(), within(1e-6f));
        }
    }

    /**
     * What was removed is forgotten when its time is over. The index keeps tombstones for a moment only, and was not flushed
     * yet: with its first flush it looks for old ones.
     */
    public static void assertForgetsTombstones(VectorIndex index) {
        SampleDocument late = article("1", "late").version(1, "late");
        SampleDocument removed = article("1", "removed").version(2, "removed");
        index.create("short", SPEC);
        index.apply("short", List.of(removed.remove()));
        assertThat(index.tombstone("short", late.key()).orElseThrow().version()).isEqualTo(removed.version());
        assertThat(index.apply("short", List.of(late.put()))).containsEntry(late.key(), Refusal.OLDER);

        Instant then = Instant.now();
        await().until(() -> Instant.now().isAfter(then.plusMillis(20)));
        index.flush(null);

        // The embedded index shows what it forgot with the next write.
        index.apply("short", List.of(article("2", "another").put()));
        assertThat(index.tombstone("short", late.key())).isEmpty();
        assertThat(index.apply("short", List.of(late.put()))).isEmpty();
    }

    private static void assertRefused(Runnable call) {
        assertThatThrownBy(call::run)
                .isInstanceOfSatisfying(
                        IndexException.class, e -> assertThat(e.kind()).isEqualTo(IndexException.Kind.PERMANENT));
    }

    protected static SourcePosition position(long commit) {
        return new SourcePosition("test", new Version(commit, 1), Instant.parse("2026-02-03T04:05:06Z"), null);
    }

    private static Filter.AnyOf anyOf(String field, Object... values) {
        return new Filter.AnyOf(field, List.of(values));
    }

    private static Filter.Range range(
            String field,
            @Nullable Object atLeast,
            @Nullable Object above,
            @Nullable Object atMost,
            @Nullable Object below) {
        return new Filter.Range(field, atLeast, above, atMost, below);
    }

    private static List<String> texts(List<SearchHit> hits) {
        return hits.stream().map(SearchHit::text).toList();
    }

    private static List<String> ids(List<SearchHit> hits) {
        return hits.stream().map(SearchHit::chunkId).toList();
    }

    private static float[] filled(int dimension, float value) {
        float[] vector = new float[dimension];
        Arrays.fill(vector, value);
        return vector;
    }
}
