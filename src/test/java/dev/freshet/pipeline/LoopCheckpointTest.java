package dev.freshet.pipeline;

import static dev.freshet.pipeline.Changes.at;
import static dev.freshet.pipeline.Changes.backfilled;
import static dev.freshet.pipeline.Changes.barrier;
import static dev.freshet.pipeline.Changes.document;
import static dev.freshet.pipeline.Changes.upsert;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.change.ChangeEvent;
import dev.freshet.change.ChangeEvent.Origin;
import dev.freshet.change.ChangeEvent.RowUpserted;
import dev.freshet.config.ByteSize;
import dev.freshet.config.DeadLettersConfig;
import dev.freshet.config.Delivery;
import dev.freshet.config.WhenFull;
import dev.freshet.embed.HashModel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Backpressure, the two lanes, the checkpoint, failures of the index, and stopping. */
@Timeout(30)
final class LoopCheckpointTest {

    @TempDir
    private Path folder;

    @Test
    void aChangeIsAcknowledgedAfterItWasAppliedAndFlushed() throws InterruptedException {
        try (var running = new RunningLoop(folder)) {
            running.acceptAll(upsert(1, 1, "one"), upsert(2, 2, "two"));

            List<String> log = running.index.log;
            int durable = log.indexOf("durable 2");
            assertThat(log.subList(0, durable).stream().filter(entry -> entry.startsWith("apply")))
                    .isNotEmpty();
            assertThat(log.subList(0, durable)).contains("flush 2");
            assertThat(log.indexOf("flush 2"))
                    .isGreaterThan(log.lastIndexOf(log.stream()
                            .filter(entry -> entry.startsWith("apply"))
                            .reduce("", (a, b) -> b)));
        }
    }

    @Test
    void whatComesAfterAnUnfinishedChangeIsNotAcknowledged() throws InterruptedException {
        // A truncation is done at once; a batch takes one document.
        var one = new LoopLimits(
                1 << 20, 1, 1, 1, 1, LoopLimits.BACKFILL_WORKERS, Duration.ofMillis(5), Duration.ofSeconds(5));
        try (var running = new RunningLoop(folder, one)) {
            running.acceptAll(barrier("", 1));
            running.accept(upsert(1, 2, "one"), backfilled(2, 3, HashModel.SLOW), upsert(3, 4, "three"));
            await().until(() -> running.articles().containsKey("3"));
            await().until(() -> running.index.log.contains("durable 2"));
            running.accept(upsert(4, 5, "four"));
            await().until(() -> running.articles().containsKey("4"));

            assertThat(running.loop.freshness()).isEqualTo(new Freshness(at(2), 3, at(3).committedAt()));
            assertThat(running.index.log).doesNotContain("durable 3", "durable 4", "durable 5");

            running.model.slow.release();
            running.awaitDrained();
            assertThat(running.index.log).contains("durable 5");
            assertThat(running.loop.freshness()).isEqualTo(new Freshness(at(5), 0, null));
        }
    }

    @Test
    void aChangeThatWasReplacedIsAcknowledgedOnlyWithTheOneThatReplacedIt() throws InterruptedException {
        try (var running = new RunningLoop(folder)) {
            running.accept(upsert(9, 1, HashModel.SLOW));
            await().until(() -> !running.model.asked().isEmpty());
            running.accept(upsert(1, 2, "one"), upsert(1, 3, "one again"));

            assertThat(running.loop.freshness().pending()).isEqualTo(3);
            running.model.slow.release();
            running.awaitDrained();
            assertThat(running.model.asked()).containsExactly(HashModel.SLOW, "one again");
        }
    }

    @Test
    void liveChangesGetThroughWhileABigBackfillWaitsForASlowModel() throws InterruptedException {
        try (var running = new RunningLoop(folder)) {
            running.acceptAll(barrier("", 1));
            running.loop.openWindow();
            running.acceptPage(LongStream.range(100, 1_000)
                    .mapToObj(id -> backfilled(id, 0, HashModel.SLOW + " " + id))
                    .toArray(RowUpserted[]::new));
            await().until(() -> running.model.asked().size() >= 2);
            Thread trickle = Thread.ofPlatform().daemon().start(() -> trickle(running.model));
            running.accept(upsert(1, 2, "live"));

            await().atMost(Duration.ofSeconds(5)).until(() -> running.articles().containsKey("1"));
            assertThat(running.loop.freshness().pending()).isZero();
            assertThat(running.loop.backlog(Lane.BACKFILL)).isGreaterThan(500);
            await().atMost(Duration.ofSeconds(5)).until(() -> running.index.log.contains("durable 2"));
            trickle.interrupt();
        }
    }

    /** Lets a slow model embed a text every few milliseconds. */
    private static void trickle(HashModel model) {
        try {
            while (!Thread.interrupted()) {
                model.slow.release();
                Thread.sleep(10);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void aPageThatIsMoreThanTheRoomDoesNotHoldUpLiveChanges() throws InterruptedException {
        var small = new LoopLimits(
                64 << 10,
                4,
                64 << 10,
                1,
                4 << 10,
                LoopLimits.BACKFILL_WORKERS,
                Duration.ofMillis(20),
                Duration.ofSeconds(5));
        try (var running = new RunningLoop(folder, small)) {
            running.acceptAll(barrier("", 1));
            running.loop.openWindow();
            running.acceptPage(LongStream.range(100, 200)
                    .mapToObj(id -> backfilled(id, 0, (HashModel.SLOW + " " + id + " ").repeat(5) + "\n".repeat(2_000)))
                    .toArray(RowUpserted[]::new));
            await().until(() -> running.model.asked().size() >= 2);
            running.model.slow.release(2);
            running.accept(upsert(1, 2, "live"));
            running.model.slow.release(20);

            await().atMost(Duration.ofSeconds(5)).until(() -> running.articles().containsKey("1"));
            assertThat(running.loop.backlog(Lane.BACKFILL)).isGreaterThan(10);
        }
    }

    @Test
    void takesNoMoreThanThereIsRoomFor() throws Exception {
        var small = new LoopLimits(
                40_000,
                4,
                4 << 10,
                1,
                4 << 10,
                LoopLimits.BACKFILL_WORKERS,
                Duration.ofMillis(20),
                Duration.ofMillis(200));
        try (var running = new RunningLoop(folder, small)) {
            Thread source = Thread.ofPlatform().daemon().start(() -> {
                try {
                    for (long id = 1; id <= 60; id++) {
                        running.accept(upsert(id, id, HashModel.SLOW + " " + "x".repeat(1_000)));
                    }
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            await().until(() -> source.getState() == Thread.State.WAITING
                    && !running.model.asked().isEmpty());

            assertThat(running.loop.backlogBytes()).isBetween(20_000L, 40_000L);
            running.model.slow.release(1_000_000);
            source.join(10_000);
            running.awaitDrained();
            assertThat(running.articles()).hasSize(60);
        }
    }

    @Test
    void aHotRowFillsTheRoomInsteadOfTheMemoryWhileTheIndexIsAway() throws Exception {
        var small = new LoopLimits(
                40_000,
                4,
                4 << 10,
                1,
                4 << 10,
                LoopLimits.BACKFILL_WORKERS,
                Duration.ofMillis(20),
                Duration.ofMillis(200));
        try (var running = new RunningLoop(folder, small)) {
            Thread source = Thread.ofPlatform().daemon().start(() -> {
                try {
                    running.accept(upsert(1, 1, HashModel.SLOW));
                    for (long version = 2; version <= 200; version++) {
                        running.accept(upsert(2, version, "x".repeat(1_000) + version));
                    }
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            await().until(() -> source.getState() == Thread.State.WAITING);
            assertThat(running.loop.freshness().pending()).isLessThan(50);

            running.model.slow.release();
            source.join(10_000);
            running.awaitDrained();
            assertThat(running.stored(document(2)).head().version()).isEqualTo(at(200).version());
        }
    }

    @Test
    void aFailureOfTheIndexThatPassesIsTriedAgain() throws InterruptedException {
        try (var running = new RunningLoop(folder)) {
            running.index.transientFailures.set(3);
            running.index.flushFailures.set(2);
            running.acceptAll(upsert(1, 1, "one"));

            assertThat(running.failures).isEmpty();
            assertThat(running.articles()).isEqualTo(Map.of("1", "one"));
            assertThat(running.index.log).endsWith("durable 1");
            assertThat(running.parked()).isEmpty();
            assertThat(running.loop.lastError()).contains("away for a moment");
        }
    }

    @Test
    void aFailureThatNobodyKnowsIsReportedAndNothingIsAcknowledged() throws InterruptedException {
        try (var running = new RunningLoop(folder)) {
            running.index.bug = new IllegalStateException("a bug");
            running.accept(upsert(1, 1, "one"));
            await().until(() -> !running.failures.isEmpty());

            assertThat(running.loop.lastError()).contains("a bug");
            assertThat(running.index.log).doesNotContain("durable 1");
        }
    }

    @Test
    void aStopGivesUpWhatTakesTooLongAndAcknowledgesNothingUnfinished() throws InterruptedException {
        var quick = new LoopLimits(
                1 << 20, 1, 1, 1, 1, LoopLimits.BACKFILL_WORKERS, Duration.ofMillis(20), Duration.ofMillis(300));
        try (var running = new RunningLoop(folder, quick)) {
            running.acceptAll(upsert(1, 1, "one"));
            running.accept(upsert(2, 2, HashModel.SLOW));
            await().until(() -> running.model.asked().contains(HashModel.SLOW));
            running.accept(upsert(3, 3, "three"));
            long start = System.nanoTime();

            running.loop.close();

            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(2));
            assertThat(running.index.log).contains("durable 1").doesNotContain("durable 2", "durable 3");
            assertThat(running.articles()).isEqualTo(Map.of("1", "one"));
            assertThat(running.parked()).isEmpty();
        }
    }

    @Test
    void aStopFinishesWhatIsUnderWayAndDoesNotWaitForTheNextCheckpoint() throws InterruptedException {
        var rare = new LoopLimits(
                1 << 20,
                64,
                64 << 10,
                1,
                64 << 10,
                LoopLimits.BACKFILL_WORKERS,
                Duration.ofMinutes(1),
                Duration.ofSeconds(20));
        try (var running = new RunningLoop(folder, rare)) {
            running.accept(upsert(1, 1, HashModel.SLOW));
            await().until(() -> !running.model.asked().isEmpty());
            long start = System.nanoTime();
            running.model.slow.release();

            running.loop.close();

            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
            assertThat(running.index.log).containsExactly("apply 1", "flush 1", "durable 1");
        }
    }

    @Test
    void aStopDoesNotWaitForTheNextAttempt() throws InterruptedException {
        try (var running = new RunningLoop(folder)) {
            running.index.transientFailures.set(Integer.MAX_VALUE);
            running.accept(upsert(1, 1, "one"));
            await().until(() -> running.loop.lastError() != null);
            long start = System.nanoTime();

            running.loop.close();

            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(3));
            assertThat(running.index.log).doesNotContain("durable 1");
        }
    }

    @Test
    void whenTheDeadLettersAreFullTheWaitingRowsCanBeMended() throws InterruptedException {
        var letters = new DeadLettersConfig(new ByteSize(600), WhenFull.HALT);
        try (var running = new RunningLoop(folder, RunningLoop.LIMITS, letters)) {
            running.acceptAll(upsert(1, 1, HashModel.POISON));
            // More than there are workers.
            for (long id = 2; id < 12; id++) {
                running.accept(upsert(id, id, HashModel.POISON + id));
            }
            await().until(() -> running.model.asked().size() == 11);
            for (long id = 2; id < 11; id++) {
                running.accept(upsert(id, 20 + id, "mended"));
            }
            await().until(() -> running.articles().size() == 9);
            assertThat(running.loop.halt()).contains("the dead letters are full");
            running.accept(Changes.delete(11, 40));
            running.awaitDrained();

            assertThat(running.parked()).isEqualTo(Map.of("1", "embed"));
            assertThat(running.loop.halt()).isNull();
            assertThat(running.failures).isEmpty();
        }
    }

    @Test
    void aTruncationEndsTheWaitForRoomAndSoDoesALiveChangeOfABackfilledRow() throws InterruptedException {
        var letters = new DeadLettersConfig(new ByteSize(600), WhenFull.HALT);
        try (var running = new RunningLoop(folder, RunningLoop.LIMITS, letters)) {
            running.acceptAll(
                    upsert(Changes.NOTES, 1, 1, HashModel.POISON, "billing", Origin.LIVE), Changes.barrier("", 2));
            running.loop.openWindow();
            running.acceptPage(
                    Changes.backfilled(3, 0, HashModel.POISON + 3), Changes.backfilled(4, 0, HashModel.POISON + 4));
            running.accept(upsert(5, 5, HashModel.POISON + 5));
            await().until(() ->
                    running.loop.halt() != null && running.model.asked().size() == 4);
            running.accept(upsert(3, 6, "three"));
            await().until(() -> running.articles().containsKey("3"));
            assertThat(running.loop.halt()).isNotNull();

            running.acceptAll(Changes.truncate(Changes.ARTICLES, 7));

            assertThat(running.articles()).isEmpty();
            assertThat(running.loop.halt()).isNull();
            assertThat(running.index.log).contains("durable 7");
        }
    }

    @Test
    void anIndexThatIsAwayForAWhileCostsNoSecondEmbedding() throws InterruptedException {
        try (var running = new RunningLoop(folder)) {
            running.index.transientFailures.set(4);
            running.accept(upsert(1, 1, "one"));
            await().until(() -> running.loop.guards().getFirst().isAway());
            assertThat(running.loop.lastError()).isEqualTo("the index is away for a moment");
            running.awaitDrained();

            assertThat(running.model.asked()).containsExactly("one");
            assertThat(running.articles()).isEqualTo(Map.of("1", "one"));
            assertThat(running.loop.guards().getFirst().isAway()).isFalse();
            assertThat(running.loop.guards().getFirst().lastError()).isNull();
        }
    }

    @Test
    void aCollectionThatIsGoneIsNoDocumentsFault() throws InterruptedException {
        try (var running = new RunningLoop(folder)) {
            running.acceptAll(upsert(1, 1, "one"));
            running.index.drop(Changes.COLLECTION);
            running.accept(upsert(1, 2, "two"));
            await().until(() -> !running.failures.isEmpty());

            assertThat(running.failures.peek()).hasMessageContaining("no longer in the index");
            assertThat(running.parked()).isEmpty();
        }
    }

    /** Capture is started again while it waits for room: what it had in its hands comes again, from another source. */
    @Test
    void aSourceThatIsGivenUpWhileItWaitsForRoomHoldsNoCheckpoint() throws InterruptedException {
        var small = new LoopLimits(
                4_000,
                64,
                64 << 10,
                1,
                64 << 10,
                LoopLimits.BACKFILL_WORKERS,
                Duration.ofMillis(20),
                Duration.ofSeconds(5));
        try (var running = new RunningLoop(folder, small)) {
            running.accept(upsert(1, 1, HashModel.SLOW));
            await().until(() -> !running.model.asked().isEmpty());
            ChangeEvent[] events = LongStream.range(2, 40)
                    .mapToObj(id -> upsert(id, id, HashModel.SLOW + id))
                    .toArray(ChangeEvent[]::new);
            Thread source = Thread.ofPlatform().start(() -> {
                try {
                    running.accept(events);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            await().until(() -> source.getState() == Thread.State.WAITING);
            source.interrupt();
            source.join();

            running.model.slow.release(1_000);
            running.accept(events);
            running.awaitDrained();

            assertThat(running.articles()).hasSize(39);
            assertThat(running.index.log).contains("durable 39");
        }
    }

    @Test
    void atMostOnceTheCheckpointMovesBeforeAnythingIsEmbedded() throws InterruptedException {
        var letters = new DeadLettersConfig(new ByteSize(1 << 20), WhenFull.HALT);
        try (var running = new RunningLoop(
                folder, RunningLoop.LIMITS, letters, new LoopPolicy(Delivery.AT_MOST_ONCE, Duration.ZERO))) {
            running.acceptAll(Changes.barrier("", 1));
            running.accept(upsert(1, 2, HashModel.SLOW), upsert(2, 3, "two"));
            running.loop.openWindow();
            running.acceptPage(Changes.backfilled(3, 0, HashModel.SLOW + " too"));

            assertThat(running.index.log).contains("durable 3");
            assertThat(running.index.log.stream().filter("durable 3"::equals)).hasSize(2);
            assertThat(running.articles()).doesNotContainKeys("1", "3");

            running.model.slow.release(2);
            running.awaitDrained();
            assertThat(running.articles()).containsOnlyKeys("1", "2", "3");
            assertThat(running.index.log.stream().filter("durable 3"::equals)).hasSize(2);
        }
    }

    @Test
    void whenTheDeadLettersAreFullChangesWaitUntilThereIsRoom() throws InterruptedException {
        var letters = new DeadLettersConfig(new ByteSize(600), WhenFull.HALT);
        try (var running = new RunningLoop(folder, RunningLoop.LIMITS, letters)) {
            running.acceptAll(upsert(1, 1, HashModel.POISON));
            running.accept(upsert(2, 2, HashModel.POISON));
            await().until(() -> running.loop.halt() != null);
            running.accept(upsert(3, 3, "good"));

            await().until(() -> running.articles().containsKey("3"));
            assertThat(running.loop.isDrained()).isFalse();
            assertThat(running.index.log).doesNotContain("durable 2", "durable 3");
            assertThat(running.loop.lastError()).contains("the dead letters are full");

            running.deadLetters.discard("articles", "1");
            running.awaitDrained();
            assertThat(running.parked()).isEqualTo(Map.of("2", "embed"));
            assertThat(running.articles()).containsOnlyKeys("3");
            assertThat(running.failures).isEmpty();
        }
    }
}
