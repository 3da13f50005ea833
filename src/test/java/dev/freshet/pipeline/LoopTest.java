package dev.freshet.pipeline;

import static dev.freshet.pipeline.Changes.ARTICLES;
import static dev.freshet.pipeline.Changes.NOTES;
import static dev.freshet.pipeline.Changes.at;
import static dev.freshet.pipeline.Changes.backfilled;
import static dev.freshet.pipeline.Changes.barrier;
import static dev.freshet.pipeline.Changes.delete;
import static dev.freshet.pipeline.Changes.document;
import static dev.freshet.pipeline.Changes.truncate;
import static dev.freshet.pipeline.Changes.upsert;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.change.ChangeEvent;
import dev.freshet.change.ChangeEvent.Origin;
import dev.freshet.change.ChangeEvent.SchemaChanged;
import dev.freshet.change.TableId;
import dev.freshet.embed.HashModel;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of changes in the index. */
@Timeout(30)
final class LoopTest {

    @TempDir
    private Path folder;

    private RunningLoop running;

    @BeforeEach
    void start() {
        running = new RunningLoop(folder);
    }

    @AfterEach
    void stop() {
        running.close();
        assertThat(running.failures).isEmpty();
    }

    @Test
    void changesReachTheIndex() throws InterruptedException {
        running.acceptAll(
                upsert(1, 1, "one"),
                upsert(2, 2, "two"),
                upsert(3, 3, "three"),
                upsert(1, 4, "one again"),
                delete(2, 5));

        assertThat(running.articles()).isEqualTo(Map.of("1", "one again", "3", "three"));
        assertThat(running.loop.freshness()).isEqualTo(new Freshness(at(5), 0, null));
    }

    @Test
    void aRowThatIsNoMemberLeavesTheIndex() throws InterruptedException {
        running.acceptAll(upsert(1, 1, "one"), upsert(2, 2, "two"));
        running.acceptAll(upsert(ARTICLES, 1, 3, "one", "draft", Origin.LIVE));

        assertThat(running.articles()).isEqualTo(Map.of("2", "two"));
    }

    @Test
    void aTruncationRemovesTheDocumentsOfItsTableAndWhatComesLaterStays() throws InterruptedException {
        running.acceptAll(upsert(1, 1, "one"), upsert(NOTES, 1, 2, "note", "billing", Origin.LIVE));
        running.acceptAll(upsert(2, 3, "two"), truncate(ARTICLES, 4), upsert(3, 5, "three"));

        assertThat(running.articles()).isEqualTo(Map.of("3", "three"));
        assertThat(running.texts(NOTES.name())).isEqualTo(Map.of("1", "note"));
    }

    @Test
    void tablesThatNobodyMapsAndChangesOfTheSchemaAreAcknowledged() throws InterruptedException {
        running.acceptAll(
                upsert(new TableId("public", "unknown"), 1, 1, "one", "billing", Origin.LIVE),
                new SchemaChanged(ARTICLES, "ALTER TABLE", at(2)));

        assertThat(running.index.log).contains("durable 2");
    }

    @Test
    void aChangeOfMetadataCostsNoEmbedding() throws InterruptedException {
        running.acceptAll(upsert(ARTICLES, 1, 1, "one", "billing", Origin.LIVE));
        running.acceptAll(upsert(ARTICLES, 1, 2, "one", "returns", Origin.LIVE));

        assertThat(running.model.asked()).containsExactly("one");
        var stored = running.stored(document(1));
        assertThat(stored.head().metadata()).isEqualTo(Map.of("category", "returns"));
        assertThat(stored.head().version()).isEqualTo(at(2).version());
    }

    @Test
    void anEditedParagraphCostsTheChunksItTouches() throws InterruptedException {
        running.acceptAll(upsert(1, 1, paragraphs(20, "as it was")));
        int before = running.model.asked().size();
        assertThat(before).isGreaterThanOrEqualTo(10);

        running.acceptAll(upsert(1, 2, paragraphs(20, "as it is now")));

        assertThat(running.model.asked().size() - before).isBetween(1, 2);
        assertThat(running.articles()).isEqualTo(Map.of("1", paragraphs(20, "as it is now")));
    }

    private static String paragraphs(int count, String tenth) {
        return IntStream.range(0, count)
                .mapToObj(i ->
                        "Paragraph number %d of this text says that number %d is %s and it goes on for a while until the end of paragraph %d."
                                .formatted(i, i, i == 10 ? tenth : "well known", i))
                .collect(Collectors.joining("\n\n"));
    }

    @Test
    void anOlderVersionNeverReplacesANewerOne() throws InterruptedException {
        running.acceptAll(upsert(1, 10, "newer"));
        running.acceptAll(upsert(1, 9, "older"));
        assertThat(running.articles()).isEqualTo(Map.of("1", "newer"));

        running.acceptAll(delete(1, 8));
        assertThat(running.articles()).isEqualTo(Map.of("1", "newer"));

        running.acceptAll(upsert(1, 10, "replayed"));
        assertThat(running.articles()).isEqualTo(Map.of("1", "replayed"));
    }

    @Test
    void theSameTextInOneBatchIsEmbeddedOnce() throws InterruptedException {
        // The first keeps the lane busy until the others wait together.
        running.accept(upsert(1, 1, HashModel.SLOW));
        await().until(() -> !running.model.asked().isEmpty());
        running.accept(IntStream.range(2, 12)
                .mapToObj(id -> upsert(id, id, "boilerplate"))
                .toArray(ChangeEvent[]::new));
        await().until(() -> running.loop.needVectors() == 10);
        running.model.slow.release();
        running.awaitDrained();

        assertThat(running.model.asked()).containsExactlyInAnyOrder(HashModel.SLOW, "boilerplate");
        assertThat(running.articles()).hasSize(11);
    }

    @Test
    void aPageFillsWhatIsMissingAndCostsNothingWhereNothingChanged() throws InterruptedException {
        running.acceptAll(upsert(1, 1, "one"), barrier("", 2));
        running.loop.openWindow();
        running.acceptPage(backfilled(1, 0, "one"), backfilled(2, 0, "two"));
        running.awaitDrained();

        assertThat(running.articles()).isEqualTo(Map.of("1", "one", "2", "two"));
        assertThat(running.model.asked()).containsExactly("one", "two");
        assertThat(running.stored(document(1)).head().version()).isEqualTo(at(1).version());
    }

    @Test
    void aRowThatTheLogSaidSomethingOfSinceTheWindowOpenedIsNotTakenFromThePage() throws InterruptedException {
        running.acceptAll(upsert(1, 1, "one"), upsert(2, 2, "two"), upsert(3, 3, "three"));
        running.loop.openWindow();
        running.acceptAll(upsert(1, 4, "one, live"), delete(2, 5));
        running.acceptPage(
                backfilled(1, 0, "one, stale"), backfilled(2, 0, "two, stale"), backfilled(3, 0, "three, read"));
        running.awaitDrained();

        assertThat(running.articles()).isEqualTo(Map.of("1", "one, live", "3", "three, read"));
    }

    @Test
    void aPageReadBeforeATruncationIsNotTaken() throws InterruptedException {
        running.acceptAll(upsert(1, 1, "one"));
        running.loop.openWindow();
        running.accept(truncate(ARTICLES, 2));
        running.acceptPage(backfilled(1, 0, "one, stale"));
        running.awaitDrained();

        assertThat(running.articles()).isEmpty();
    }

    @Test
    void aBackfilledRowDoesNotOvertakeALiveChangeUnderWay() throws Exception {
        running.accept(barrier("", 1));
        running.accept(upsert(1, 2, "live " + HashModel.SLOW));
        await().until(() -> !running.model.asked().isEmpty());
        running.loop.openWindow();
        running.loop.openWindow();
        // Read after the live change, and so at least as new, but it must not be written before.
        running.acceptPage(backfilled(1, 0, "read"));
        running.model.slow.release();
        running.awaitDrained();

        assertThat(running.articles()).isEqualTo(Map.of("1", "read"));
        assertThat(running.index.log.stream().filter(entry -> entry.startsWith("apply")))
                .containsExactly("apply 1", "apply 1");
    }

    @Test
    void aLiveChangeWinsOverTheBackfilledRowThatIsUnderWay() throws Exception {
        running.acceptAll(barrier("", 1));
        running.loop.openWindow();
        running.acceptPage(backfilled(1, 0, "read " + HashModel.SLOW));
        await().until(() -> !running.model.asked().isEmpty());

        running.accept(upsert(1, 2, "live"));
        await().until(() -> running.articles().equals(Map.of("1", "live")));
        running.model.slow.release();
        running.awaitDrained();

        assertThat(running.articles()).isEqualTo(Map.of("1", "live"));
        assertThat(running.index.log.stream().filter(entry -> entry.startsWith("apply")))
                .containsExactly("apply 1");
    }

    @Test
    void aBarrierTellsWhenItArrives() throws Exception {
        var arrival = running.loop.barrier("mine");
        running.accept(barrier("", 6), barrier("other", 7), barrier("mine", 8));

        assertThat(arrival.get(5, TimeUnit.SECONDS)).isEqualTo(at(8));
    }

    @Test
    void severalMappingsOfOneTableAreSeveralDocuments() {
        assertThat(List.of(Changes.target(ARTICLES, "a"), Changes.target(ARTICLES, "b")))
                .extracting(target -> target.mapping().key(Changes.key(1)).toString())
                .containsExactly("a/1", "b/1");
    }
}
