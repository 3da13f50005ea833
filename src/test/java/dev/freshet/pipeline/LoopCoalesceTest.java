package dev.freshet.pipeline;

import static dev.freshet.pipeline.Changes.ARTICLES;
import static dev.freshet.pipeline.Changes.delete;
import static dev.freshet.pipeline.Changes.upsert;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.change.ChangeEvent.Origin;
import dev.freshet.config.ByteSize;
import dev.freshet.config.DeadLettersConfig;
import dev.freshet.config.Delivery;
import dev.freshet.config.WhenFull;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A burst of changes of one document costs one embedding in each window. */
@Timeout(60)
final class LoopCoalesceTest {

    @TempDir
    private Path folder;

    private RunningLoop start(Duration window) {
        return new RunningLoop(
                folder,
                RunningLoop.LIMITS,
                new DeadLettersConfig(new ByteSize(1 << 20), WhenFull.HALT),
                new LoopPolicy(Delivery.EFFECTIVELY_ONCE, window));
    }

    @Test
    void theFirstChangeGoesAtOnceAndTheLastOfTheOthersAfterTheWindow() throws InterruptedException {
        try (RunningLoop running = start(Duration.ofSeconds(2))) {
            long begin = System.nanoTime();
            running.acceptAll(upsert(1, 1, "first"));
            assertThat(running.articles()).isEqualTo(Map.of("1", "first"));

            for (int version = 2; version <= 50; version++) {
                running.accept(upsert(1, version, "version " + version));
                running.accept(upsert(100 + version, 100 + version, "other " + version));
            }
            // Those of other documents do not wait.
            await().until(() -> running.articles().size() == 50);
            assertThat(running.articles()).containsEntry("1", "first");
            running.awaitDrained();

            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThan(Duration.ofSeconds(2));
            assertThat(running.articles()).containsEntry("1", "version 50");
            assertThat(running.model.asked().stream().filter(text -> !text.startsWith("other")))
                    .containsExactly("first", "version 50");
            assertThat(running.failures).isEmpty();
        }
    }

    @Test
    void whatNeedsNoEmbeddingDoesNotWait() throws InterruptedException {
        try (RunningLoop running = start(Duration.ofMinutes(10))) {
            running.acceptAll(upsert(1, 1, "one"), upsert(2, 2, "two"), upsert(3, 3, "three"));

            running.acceptAll(upsert(ARTICLES, 1, 4, "one", "secret", Origin.LIVE));
            assertThat(running.stored(Changes.document(1)).head().metadata()).containsEntry("category", "secret");

            running.accept(upsert(2, 5, "two again"));
            running.acceptAll(delete(2, 6));
            assertThat(running.articles()).containsOnlyKeys("1", "3");

            // A text that is taken back needs no embedding either, but is known to be one only when its time has come.
            running.accept(upsert(3, 7, "three again"));
            await().until(() -> running.loop.backlog(Lane.LIVE) == 1);
            running.acceptAll(Changes.truncate(ARTICLES, 8));
            assertThat(running.articles()).isEmpty();
            assertThat(running.model.asked()).containsExactlyInAnyOrder("one", "two", "three");
            assertThat(running.failures).isEmpty();
        }
    }

    @Test
    void whatWaitsDoesNotKeepADaemonFromStopping() throws InterruptedException {
        try (RunningLoop running = start(Duration.ofMinutes(10))) {
            running.acceptAll(upsert(1, 1, "one"));
            running.accept(upsert(1, 2, "two"));
            await().until(() -> running.loop.backlog(Lane.LIVE) == 1);
            long begin = System.nanoTime();

            running.loop.close();

            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(3));
            assertThat(running.index.log).contains("durable 1").doesNotContain("durable 2");
            assertThat(running.failures).isEmpty();
        }
    }
}
