package dev.freshet.pipeline;

import static dev.freshet.pipeline.Changes.ARTICLES;
import static dev.freshet.pipeline.Changes.at;
import static dev.freshet.pipeline.Changes.backfilled;
import static dev.freshet.pipeline.Changes.barrier;
import static dev.freshet.pipeline.Changes.delete;
import static dev.freshet.pipeline.Changes.document;
import static dev.freshet.pipeline.Changes.truncate;
import static dev.freshet.pipeline.Changes.upsert;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.change.ChangeEvent.Origin;
import dev.freshet.change.ChangeEvent.RowUpserted;
import dev.freshet.embed.HashModel;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What needs no embedding does not wait for a model that does not answer. */
@Timeout(30)
final class LoopFastLaneTest {

    @TempDir
    private Path folder;

    private RunningLoop running;

    @BeforeEach
    void start() throws InterruptedException {
        running = new RunningLoop(folder);
        running.acceptAll(
                upsert(1, 1, "one"), upsert(2, 2, "two"), upsert(3, 3, "three"), upsert(4, 4, "four"), barrier("", 5));
    }

    @AfterEach
    void stop() {
        running.close();
        assertThat(running.failures).isEmpty();
    }

    /** Live changes that need the model, which does not answer; more than may wait for it at once. */
    private void holdUpTheModel() throws InterruptedException {
        running.accept(upsert(1, 10, "one, " + HashModel.SLOW));
        await().until(() -> running.model.asked().size() == 5);
        running.accept(upsert(2, 11, "two, " + HashModel.SLOW));
        await().until(() -> running.loop.needVectors() == 1);
    }

    private static RowUpserted recategorised(long id, long version, String body) {
        return upsert(ARTICLES, id, version, body, "secret", Origin.LIVE);
    }

    private String category(long id) {
        return String.valueOf(
                requireNonNull(running.stored(document(id)).head().metadata().get("category")));
    }

    @Test
    void aDeleteAndAChangeOfMetadataPassWhatWaitsForTheModelAndTheCheckpointDoesNot() throws InterruptedException {
        holdUpTheModel();

        running.accept(delete(3, 12), recategorised(4, 13, "four"));

        await().until(() -> category(4).equals("secret"));
        await().until(() -> !running.articles().containsKey("3"));
        assertThat(running.articles()).containsEntry("1", "one").containsEntry("2", "two");
        assertThat(running.loop.freshness()).isEqualTo(new Freshness(at(5), 4, at(10).committedAt()));
        assertThat(running.index.log).doesNotContain("durable 10", "durable 11", "durable 12", "durable 13");
        running.model.slow.release(2);
        running.awaitDrained();

        assertThat(running.articles())
                .isEqualTo(Map.of("1", "one, " + HashModel.SLOW, "2", "two, " + HashModel.SLOW, "4", "four"));
        assertThat(running.index.log).contains("durable 13");
    }

    @Test
    void aChangeOfMetadataPassesThoseOfItsOwnBatch() throws InterruptedException {
        holdUpTheModel();

        running.accept(upsert(3, 12, "three, " + HashModel.SLOW), recategorised(4, 13, "four"));

        await().until(() -> category(4).equals("secret"));
        running.model.slow.release(3);
        running.awaitDrained();
        assertThat(running.articles()).containsEntry("3", "three, " + HashModel.SLOW);
    }

    @Test
    void aChangeOfMetadataPassesABackfillThatWaitsForTheModel() throws InterruptedException {
        running.loop.openWindow();
        for (int id = 10; id < 20; id++) {
            running.acceptPage(backfilled(id, 0, "read %d, %s".formatted(id, HashModel.SLOW)));
        }
        await().until(() -> running.model.asked().size() > 5);

        running.accept(recategorised(4, 13, "four"));

        await().until(() -> category(4).equals("secret"));
        running.model.slow.release(10);
        running.awaitDrained();
        assertThat(running.articles()).hasSize(14);
    }

    @Test
    void whatComesLaterOfADocumentThatWaitsForTheModelReplacesIt() throws InterruptedException {
        holdUpTheModel();

        running.accept(delete(2, 12));

        await().until(() -> !running.articles().containsKey("2"));
        running.model.slow.release(2);
        running.awaitDrained();
        assertThat(running.articles()).doesNotContainKey("2");
        assertThat(running.model.asked()).doesNotContain("two, " + HashModel.SLOW);
    }

    @Test
    void whatComesLaterOfADocumentThatIsBeingEmbeddedWaitsForIt() throws InterruptedException {
        holdUpTheModel();

        running.accept(recategorised(1, 12, "one, " + HashModel.SLOW), delete(3, 13));
        await().until(() -> !running.articles().containsKey("3"));
        assertThat(category(1)).isEqualTo("billing");
        running.model.slow.release(2);
        running.awaitDrained();

        assertThat(category(1)).isEqualTo("secret");
        assertThat(running.stored(document(1)).head().version()).isEqualTo(at(12).version());
    }

    @Test
    void aTruncationPassesWhatItMakesPointless() throws InterruptedException {
        holdUpTheModel();

        running.accept(truncate(ARTICLES, 12), upsert(5, 13, "five, after"));

        await().until(() -> running.articles().isEmpty());
        running.model.slow.release(1);
        running.awaitDrained();
        assertThat(running.articles()).isEqualTo(Map.of("5", "five, after"));
        assertThat(running.model.asked()).doesNotContain("two, " + HashModel.SLOW);
    }
}
