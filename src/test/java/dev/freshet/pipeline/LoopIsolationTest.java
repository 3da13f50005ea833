package dev.freshet.pipeline;

import static dev.freshet.pipeline.Changes.INDIGESTIBLE;
import static dev.freshet.pipeline.Changes.at;
import static dev.freshet.pipeline.Changes.delete;
import static dev.freshet.pipeline.Changes.upsert;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.change.ChangeEvent;
import dev.freshet.change.ChangeEvent.Origin;
import dev.freshet.change.ChangeEvent.RowUpserted;
import dev.freshet.change.Row;
import dev.freshet.change.Traceparent;
import dev.freshet.embed.HashModel;
import dev.freshet.index.IndexException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One bad document does not hold up the others. */
@Timeout(30)
final class LoopIsolationTest {

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
    void aTextThatCannotBeEmbeddedIsParkedUntilAGoodVersionComes() throws InterruptedException {
        running.acceptAll(upsert(1, 1, "one"), upsert(2, 2, HashModel.POISON), upsert(3, 3, "three"));

        assertThat(running.articles()).isEqualTo(Map.of("1", "one", "3", "three"));
        assertThat(running.parked()).isEqualTo(Map.of("2", "embed"));
        assertThat(running.index.log).contains("durable 3");

        running.acceptAll(upsert(2, 4, "better"));

        assertThat(running.articles()).containsEntry("2", "better");
        assertThat(running.parked()).isEmpty();
    }

    @Test
    void aDocumentKeepsItsGoodVersionWhileTheNextIsParked() throws InterruptedException {
        running.acceptAll(upsert(1, 1, "good"));
        running.acceptAll(upsert(1, 2, HashModel.POISON));

        assertThat(running.articles()).isEqualTo(Map.of("1", "good"));
        assertThat(running.parked()).isEqualTo(Map.of("1", "embed"));
    }

    @Test
    void aDeleteClearsTheDeadLetter() throws InterruptedException {
        running.acceptAll(upsert(1, 1, HashModel.POISON));
        running.acceptAll(delete(1, 2));

        assertThat(running.parked()).isEmpty();
    }

    @Test
    void aTruncationClearsTheDeadLettersOfItsTable() throws InterruptedException {
        running.acceptAll(
                upsert(1, 1, HashModel.POISON),
                upsert(Changes.NOTES, 1, 2, HashModel.POISON, "billing", Origin.LIVE),
                Changes.truncate(Changes.ARTICLES, 3),
                upsert(2, 4, HashModel.POISON));

        assertThat(running.deadLetters.all())
                .extracting(letter -> letter.mapping() + " " + letter.row())
                .containsExactlyInAnyOrder("notes 1", "articles 2");
    }

    @Test
    void aDeadLetterSaysWhichChangeFailedAndWhy() throws InterruptedException {
        var poison = new RowUpserted(
                Changes.ARTICLES,
                Changes.key(1),
                Row.of(Map.of("id", 1L, "body", HashModel.POISON + " for tea", "category", "billing")),
                Origin.LIVE,
                at(0x1_0000_0007L),
                Traceparent.parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
                        .orElseThrow());
        running.acceptAll(poison);

        assertThat(running.deadLetters.all()).singleElement().satisfies(letter -> {
            assertThat(letter.event().table()).isEqualTo("public.articles");
            assertThat(letter.event().operation()).isEqualTo("upsert");
            assertThat(letter.event().origin()).isEqualTo("live");
            assertThat(letter.event().version()).isEqualTo("100000007-100000007");
            assertThat(letter.event().position()).isEqualTo("1/7");
            assertThat(letter.event().committedAt())
                    .isEqualTo(at(0x1_0000_0007L).committedAt());
            assertThat(letter.event().traceparent())
                    .isEqualTo("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
            assertThat(letter.errorClass()).isEqualTo("dev.freshet.embed.EmbeddingException");
            assertThat(letter.error())
                    .contains("the model does not like this text")
                    .doesNotContain("tea");
        });
    }

    @Test
    void aTextThatCannotBeChunkedIsParked() throws InterruptedException {
        running.acceptAll(upsert(1, 1, "one"), upsert(2, 2, INDIGESTIBLE), upsert(3, 3, "three"));

        assertThat(running.articles()).isEqualTo(Map.of("1", "one", "3", "three"));
        assertThat(running.parked()).isEqualTo(Map.of("2", "chunk"));
    }

    @Test
    void aRowThatTheMappingRejectsIsParked() throws InterruptedException {
        var withoutText = new RowUpserted(
                Changes.ARTICLES,
                Changes.key(2),
                new Row(Map.of("id", 2L, "category", "billing"), Set.of()),
                Origin.LIVE,
                at(2),
                null);
        running.acceptAll(upsert(1, 1, "one"), withoutText, upsert(3, 3, "three"));

        assertThat(running.articles()).isEqualTo(Map.of("1", "one", "3", "three"));
        assertThat(running.parked()).isEqualTo(Map.of("2", "text"));
    }

    @Test
    void theOneDocumentThatTheIndexWillNotTakeIsFoundAndParked() throws InterruptedException {
        running.index.refused = "13";
        // The first keeps the lane busy until the others wait together.
        running.accept(upsert(1, 1, HashModel.SLOW));
        running.accept(LongStream.range(2, 32)
                .mapToObj(id -> upsert(id, id, "text " + id))
                .toArray(ChangeEvent[]::new));
        running.model.slow.release();
        running.awaitDrained();

        assertThat(running.parked()).isEqualTo(Map.of("13", "index"));
        assertThat(running.articles()).hasSize(30).doesNotContainKey("13");
    }

    /** As the embedded index is when its disk was full: every document would fail alike. */
    @Test
    void aBrokenIndexEndsTheLoopAndBlamesNoDocument() throws InterruptedException {
        running.index.bug = new IndexException(IndexException.Kind.BROKEN, "the index is closed", null);
        running.accept(upsert(1, 1, "one"), upsert(2, 2, "two"));
        running.awaitDrained();

        assertThat(running.failures.remove()).isSameAs(running.index.bug);
        assertThat(running.parked()).isEmpty();
    }

    @Test
    void aBackfilledRowDoesNotParkWhatALiveChangeMadeGood() throws Exception {
        running.acceptAll(Changes.barrier("", 1));
        running.loop.openWindow();
        // Both backfill workers are busy until the two rows wait together; then one takes both, and notices the poison
        // only when it has the vector of the row before, which is slow.
        running.acceptPage(Changes.backfilled(8, 0, "eight, " + HashModel.SLOW));
        await().until(() -> running.model.asked().size() == 1);
        running.acceptPage(Changes.backfilled(9, 0, "nine, " + HashModel.SLOW));
        await().until(() -> running.model.asked().size() == 2);
        running.acceptPage(
                Changes.backfilled(2, 0, "two, " + HashModel.SLOW), Changes.backfilled(1, 0, HashModel.POISON));
        running.model.slow.release();
        await().until(() -> running.model.asked().contains(HashModel.POISON));
        running.accept(upsert(1, 2, "good"));
        await().until(() -> running.articles().containsKey("1"));
        running.model.slow.release(2);
        running.awaitDrained();

        assertThat(running.articles()).containsEntry("1", "good");
        assertThat(running.parked()).isEmpty();
    }
}
