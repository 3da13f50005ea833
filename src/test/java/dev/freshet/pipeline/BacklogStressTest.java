package dev.freshet.pipeline;

import static dev.freshet.pipeline.Changes.ARTICLES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.change.ChangeEvent.Origin;
import dev.freshet.change.ChangeEvent.RowUpserted;
import dev.freshet.document.DocumentKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Several threads at once: nothing is lost, done twice, or overtaken. */
final class BacklogStressTest {

    private static final Target TARGET = Changes.target(ARTICLES);
    private static final int PUTS = 400;
    private static final int DOCUMENTS = 12;

    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();

    @Property(tries = 40)
    void everyWorkIsDoneOnceAndTheLastOfADocumentWins(@ForAll @IntRange(min = 900, max = 20_000) int capacity)
            throws InterruptedException {
        failures.clear();
        var run = new Run(new Backlog(capacity, 1));
        // As in the loop: in the live lane one more thread than may embed.
        List<Thread> workers = List.of(
                start(() -> run.work(Lane.LIVE)),
                start(() -> run.work(Lane.LIVE)),
                start(() -> run.work(Lane.BACKFILL)),
                start(() -> run.work(Lane.BACKFILL)));
        // As the loop's checkpointer does from time to time.
        var ended = new AtomicBoolean();
        Thread room = start(() -> {
            while (!ended.get()) {
                run.backlog.roomWasMade(1);
                Thread.sleep(1);
            }
        });
        List<Thread> producers = List.of(start(() -> run.produce(1)), start(() -> run.produce(2)));
        for (Thread producer : producers) {
            producer.join(20_000);
            assertThat(producer.isAlive()).isFalse();
        }
        run.awaitEmpty();
        ended.set(true);
        room.join(5_000);
        run.backlog.close();
        for (Thread worker : workers) {
            worker.join(5_000);
            assertThat(worker.isAlive()).isFalse();
        }

        assertThat(failures).isEmpty();
        assertThat(run.done)
                .hasSize(2 * PUTS)
                .allSatisfy(count -> assertThat(count.get()).isEqualTo(1));
        assertThat(run.written).isEqualTo(run.lastPut);
        assertThat(run.backlog.bytes()).isZero();
    }

    private interface Task {
        void run() throws InterruptedException;
    }

    private Thread start(Task task) {
        return Thread.ofPlatform().daemon().start(() -> {
            try {
                task.run();
            } catch (InterruptedException | RuntimeException | AssertionError e) {
                failures.add(e);
            }
        });
    }

    private static final class Run {
        private final Backlog backlog;
        private final AtomicLong versions = new AtomicLong();
        private final List<AtomicInteger> done = new ArrayList<>();
        private final Map<DocumentKey, Long> lastPut = new ConcurrentHashMap<>();
        private final Map<DocumentKey, Long> written = new ConcurrentHashMap<>();
        private final Set<DocumentKey> liveUnderWay = ConcurrentHashMap.newKeySet();
        private final AtomicInteger embedding = new AtomicInteger();
        private final Set<Long> unparked = ConcurrentHashMap.newKeySet();
        private final Set<DocumentKey> backfillUnderWay = ConcurrentHashMap.newKeySet();

        /** Like the pipeline's lock around the check and the write. */
        private final Object writing = new Object();

        /** Like the loop's: what is put is put in the order of the log. */
        private final Object ordering = new Object();

        Run(Backlog backlog) {
            this.backlog = backlog;
        }

        void produce(long seed) throws InterruptedException {
            var random = new Random(seed);
            for (int i = 0; i < PUTS; i++) {
                Lane lane = random.nextInt(3) == 0 ? Lane.BACKFILL : Lane.LIVE;
                synchronized (ordering) {
                    var calls = new AtomicInteger();
                    done.add(calls);
                    long version = versions.incrementAndGet();
                    var work = new Work(
                            TARGET,
                            Changes.upsert(
                                    ARTICLES, random.nextInt(DOCUMENTS), version, "body", "billing", Origin.LIVE),
                            calls::incrementAndGet);
                    lastPut.put(work.key(), version);
                    backlog.put(work, lane);
                }
            }
        }

        void work(Lane lane) throws InterruptedException {
            Set<DocumentKey> underWay = lane == Lane.LIVE ? liveUnderWay : backfillUnderWay;
            for (Backlog.Batch batch = backlog.take(lane, 4, 5_000);
                    batch != null;
                    batch = backlog.take(lane, 4, 5_000)) {
                for (Work work : batch.works()) {
                    assertThat(underWay.add(work.key()))
                            .as("%s is under way once in lane %s", work.key(), lane)
                            .isTrue();
                }
                Thread.onSpinWait();
                for (Work work : batch.works()) {
                    if (version(work) % 7 == 0 && unparked.add(version(work))) {
                        underWay.remove(work.key());
                        backlog.awaitRoom(batch, work, 0);
                        if (batch.works().contains(work)) {
                            underWay.add(work.key());
                        }
                    }
                }
                if (lane == Lane.LIVE) {
                    List<Work> works = batch.works();
                    Set<Work> needVectors =
                            works.stream().filter(work -> version(work) % 3 > 0).collect(Collectors.toSet());
                    write(works.stream()
                            .filter(work -> !needVectors.contains(work))
                            .toList());
                    works.forEach(work -> underWay.remove(work.key()));
                    if (backlog.mayEmbed(batch, needVectors)) {
                        assertThat(embedding.incrementAndGet()).isEqualTo(1);
                        Thread.onSpinWait();
                        write(batch.works());
                        embedding.decrementAndGet();
                    }
                } else {
                    write(batch.works());
                    batch.works().forEach(work -> underWay.remove(work.key()));
                }
                backlog.release(batch);
            }
        }

        private void write(List<Work> works) {
            synchronized (writing) {
                for (Work work : backlog.stillWanted(works)) {
                    written.put(work.key(), version(work));
                }
            }
        }

        private static long version(Work work) {
            return ((RowUpserted) work.event()).position().version().commit();
        }

        void awaitEmpty() {
            await().pollInterval(Duration.ofMillis(1)).until(() -> {
                return backlog.size(Lane.LIVE) + backlog.size(Lane.BACKFILL) == 0;
            });
        }
    }
}
