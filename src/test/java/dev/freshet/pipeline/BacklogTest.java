package dev.freshet.pipeline;

import static dev.freshet.pipeline.Changes.ARTICLES;
import static dev.freshet.pipeline.Changes.NOTES;
import static dev.freshet.pipeline.Changes.document;
import static dev.freshet.pipeline.Changes.upsert;
import static dev.freshet.pipeline.Lane.BACKFILL;
import static dev.freshet.pipeline.Lane.LIVE;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.change.ChangeEvent.Origin;
import dev.freshet.change.ChangeEvent.RowUpserted;
import dev.freshet.change.Version;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
final class BacklogTest {

    private static final Target TARGET = Changes.target(ARTICLES);
    private static final Target OTHER = Changes.target(NOTES);

    private final Backlog backlog = new Backlog(1 << 20, 1);
    private final List<String> done = new ArrayList<>();

    private Work work(long id, String name) {
        return work(TARGET, id, name);
    }

    private Work work(Target target, long id, String name) {
        return new Work(
                target, upsert(target.mapping().table(), id, 1, name, "billing", Origin.LIVE), () -> done.add(name));
    }

    private Backlog.Batch take(Lane lane) throws InterruptedException {
        return requireNonNull(backlog.take(lane, 100, Long.MAX_VALUE));
    }

    private static String body(Work work) {
        return work.event() instanceof RowUpserted upserted
                ? String.valueOf(upserted.row().get("body"))
                : "";
    }

    @Test
    void theLastChangeOfADocumentReplacesTheOnesThatWait() throws InterruptedException {
        backlog.put(work(1, "first"), LIVE);
        backlog.put(work(2, "other"), LIVE);
        backlog.put(work(1, "second"), LIVE);
        backlog.put(work(1, "third"), LIVE);

        Backlog.Batch batch = take(LIVE);

        assertThat(batch.works()).extracting(BacklogTest::body).containsExactly("third", "other");
        assertThat(done).isEmpty();
        backlog.release(batch);
        assertThat(done).containsExactly("first", "second", "third", "other");
        assertThat(backlog.bytes()).isZero();
    }

    @Test
    void whatReplacesKeepsThePlaceInTheQueueSoThatABusyDocumentIsNotPutOff() throws InterruptedException {
        backlog.put(work(1, "busy"), LIVE);
        backlog.put(work(2, "other"), LIVE);
        backlog.put(work(1, "busier"), LIVE);

        assertThat(backlog.waitingKeys(LIVE)).containsExactly(document(1), document(2));
    }

    @Test
    void aLiveChangeReplacesWhatABackfillHasWaiting() throws InterruptedException {
        backlog.put(work(1, "read"), BACKFILL);
        backlog.put(work(1, "live"), LIVE);

        assertThat(backlog.waitingKeys(BACKFILL)).isEmpty();
        Backlog.Batch batch = take(LIVE);
        assertThat(batch.works()).extracting(BacklogTest::body).containsExactly("live");
        backlog.release(batch);
        assertThat(done).containsExactly("read", "live");
        assertThat(backlog.size(LIVE) + backlog.size(BACKFILL)).isZero();
    }

    @Test
    void aBackfilledRowWaitsInTheLiveLaneBehindALiveChangeUnderWay() throws InterruptedException {
        backlog.put(work(1, "live"), LIVE);
        Backlog.Batch live = take(LIVE);
        backlog.put(work(1, "read"), BACKFILL);

        assertThat(backlog.waitingKeys(BACKFILL)).isEmpty();
        assertThat(backlog.waitingKeys(LIVE)).containsExactly(document(1));
        backlog.put(work(2, "later"), LIVE);
        assertThat(take(LIVE).works()).extracting(BacklogTest::body).containsExactly("later");
        backlog.release(live);
        assertThat(take(LIVE).works()).extracting(BacklogTest::body).containsExactly("read");
    }

    @Test
    void aBackfilledRowTakesThePlaceOfALiveChangeThatWaits() throws InterruptedException {
        backlog.put(work(1, "live"), LIVE);
        backlog.put(work(1, "read later"), BACKFILL);

        assertThat(backlog.waitingKeys(BACKFILL)).isEmpty();
        assertThat(take(LIVE).works()).extracting(BacklogTest::body).containsExactly("read later");
    }

    @Test
    void aLiveChangeSupersedesWhatABackfillHasUnderWayOnceItIsTaken() throws InterruptedException {
        backlog.put(work(1, "read"), BACKFILL);
        backlog.put(work(2, "read too"), BACKFILL);
        Backlog.Batch read = take(BACKFILL);
        backlog.put(work(1, "live"), LIVE);
        assertThat(backlog.stillWanted(read.works())).hasSize(2);

        take(LIVE);

        assertThat(backlog.stillWanted(read.works()))
                .extracting(BacklogTest::body)
                .containsExactly("read too");
        backlog.release(read);
        assertThat(done).containsExactly("read", "read too");
    }

    @Test
    void takesNoMoreThanAskedFor() throws InterruptedException {
        for (int i = 0; i < 5; i++) {
            backlog.put(work(i, "body " + i), LIVE);
        }
        long bytes = work(0, "body 0").bytes();

        assertThat(requireNonNull(backlog.take(LIVE, 2, Long.MAX_VALUE)).works())
                .hasSize(2);
        assertThat(requireNonNull(backlog.take(LIVE, 100, bytes - 1)).works()).hasSize(1);
        assertThat(requireNonNull(backlog.take(LIVE, 100, 2 * bytes)).works()).hasSize(2);
    }

    @Test
    void putBlocksWhileThereIsNoRoomUntilSomethingIsReleased() throws Exception {
        var small = new Backlog(4_000, 1);
        small.put(work(1, "x".repeat(1_000)), LIVE);
        CompletableFuture<Void> blocked = putting(small, work(2, "y".repeat(1_000)), LIVE);
        assertThat(blocked).isNotDone();

        small.release(requireNonNull(small.take(LIVE, 10, Long.MAX_VALUE)));

        blocked.get(5, TimeUnit.SECONDS);
        assertThat(small.waitingKeys(LIVE)).containsExactly(document(2));
    }

    @Test
    void changesOfOneDocumentFillTheRoomToo() throws Exception {
        var small = new Backlog(6_000, 1);
        small.put(work(1, "x".repeat(800)), LIVE);
        CompletableFuture<Void> blocked = putting(small, work(1, "y".repeat(2_000)), LIVE);

        assertThat(blocked).isNotDone();
        assertThat(small.bytes()).isEqualTo(work(1, "x".repeat(800)).bytes());
        small.close();
        blocked.get(5, TimeUnit.SECONDS);
    }

    @Test
    void aFullBackfillLaneLeavesRoomForLiveChanges() throws Exception {
        var small = new Backlog(8_000, 1);
        small.add(work(1, "x".repeat(4_000)), BACKFILL);

        putting(small, work(2, "live"), LIVE).get(5, TimeUnit.SECONDS);

        assertThat(small.waitingKeys(LIVE)).containsExactly(document(2));
    }

    @Test
    void workThatIsMoreThanTheRoomGetsThroughAlone() throws InterruptedException {
        var small = new Backlog(100, 1);
        small.put(work(1, "x".repeat(10_000)), LIVE);

        Backlog.Batch batch = requireNonNull(small.take(LIVE, 10, 1));

        assertThat(batch.works()).hasSize(1);
        small.release(batch);
        assertThat(small.bytes()).isZero();
    }

    /** Found by the stress test: the older of two backfilled versions was written after the newer. */
    @Test
    void whatFindsNoRoomGivesWayToALaterOneOfItsLane() throws InterruptedException {
        for (Lane lane : Lane.values()) {
            done.clear();
            backlog.put(work(1, "first"), lane);
            Backlog.Batch batch = take(lane);
            backlog.put(work(1, "second"), lane);

            backlog.awaitRoom(batch, batch.works().getFirst(), 0);
            backlog.release(batch);

            assertThat(backlog.needRoom()).isZero();
            Backlog.Batch next = take(lane);
            assertThat(next.works()).extracting(BacklogTest::body).containsExactly("second");
            backlog.release(next);
            assertThat(done).containsExactly("first", "second");
            assertThat(backlog.bytes()).isZero();
        }
    }

    @Test
    void aTruncationDropsWhatWaitsOfItsTargetOnlyAndGoesBeforeEverythingElse() throws InterruptedException {
        backlog.put(work(1, "gone"), LIVE);
        backlog.put(work(2, "gone too"), BACKFILL);
        backlog.put(work(OTHER, 1, "stays"), LIVE);
        backlog.put(new Backlog.Truncation(TARGET, Version.NONE, () -> done.add("truncated")));
        backlog.put(work(3, "after"), LIVE);

        Backlog.Batch truncation = take(LIVE);

        assertThat(requireNonNull(truncation.truncation()).target()).isEqualTo(TARGET);
        assertThat(done).isEmpty();
        backlog.release(truncation);
        assertThat(done).containsExactly("gone", "gone too", "truncated");
        assertThat(take(LIVE).works()).extracting(BacklogTest::body).containsExactly("stays", "after");
        assertThat(backlog.size(BACKFILL)).isZero();
    }

    @Test
    void theBackfillLaneWaitsForATruncation() throws Exception {
        backlog.put(new Backlog.Truncation(TARGET, Version.NONE, () -> done.add("truncated")));
        backlog.put(work(1, "read"), BACKFILL);
        CompletableFuture<Backlog.Batch> taking = taking(BACKFILL);
        Backlog.Batch truncation = take(LIVE);
        assertThat(taking).isNotDone();

        backlog.release(truncation);

        assertThat(taking.get(5, TimeUnit.SECONDS).works()).hasSize(1);
    }

    @Test
    void aTruncationSupersedesWhatIsUnderWayOfItsTargetWhichIsDoneWithIt() throws InterruptedException {
        for (Lane lane : Lane.values()) {
            done.clear();
            backlog.put(work(1, "pointless"), lane);
            backlog.put(work(OTHER, 1, "other"), lane);
            Backlog.Batch batch = take(lane);

            backlog.put(new Backlog.Truncation(TARGET, Version.NONE, () -> done.add("truncated")));

            assertThat(backlog.stillWanted(batch.works()))
                    .extracting(BacklogTest::body)
                    .containsExactly("other");
            backlog.release(batch);
            assertThat(done).containsExactly("other");
            backlog.release(take(LIVE));
            assertThat(done).containsExactly("other", "pointless", "truncated");
        }
        assertThat(backlog.bytes()).isZero();
    }

    @Test
    void nothingIsTakenWhileATruncationWaitsOrRuns() throws Exception {
        backlog.put(new Backlog.Truncation(TARGET, Version.NONE, () -> done.add("truncated")));
        backlog.put(work(1, "after"), LIVE);
        Backlog.Batch truncation = take(LIVE);
        CompletableFuture<Backlog.Batch> taking = taking(LIVE);
        assertThat(taking).isNotDone();

        backlog.release(truncation);

        assertThat(taking.get(5, TimeUnit.SECONDS).works()).hasSize(1);
    }

    @Test
    void whatNeedsVectorsWaitsAgainWhileEnoughIsBeingEmbedded() throws InterruptedException {
        backlog.put(work(1, "embedded"), LIVE);
        Backlog.Batch embedded = take(LIVE);
        assertThat(backlog.mayEmbed(embedded, Set.copyOf(embedded.works()))).isTrue();
        backlog.put(work(2, "text"), LIVE);
        backlog.put(work(3, "metadata"), LIVE);
        Backlog.Batch mixed = take(LIVE);

        assertThat(backlog.mayEmbed(mixed, Set.of(mixed.works().getFirst()))).isFalse();

        assertThat(done).containsExactly("metadata");
        assertThat(mixed.works()).isEmpty();
        assertThat(backlog.needVectors()).isEqualTo(1);
        backlog.put(work(4, "passes"), LIVE);
        assertThat(take(LIVE).works()).extracting(BacklogTest::body).containsExactly("passes");
        backlog.release(mixed);
        backlog.release(embedded);
        Backlog.Batch text = take(LIVE);
        assertThat(text.works()).extracting(BacklogTest::body).containsExactly("text");
        assertThat(backlog.mayEmbed(text, Set.copyOf(text.works()))).isTrue();
        backlog.release(text);
        assertThat(done).containsExactly("metadata", "embedded", "text");
    }

    @Test
    void whatWaitsForVectorsIsReplacedInItsPlaceAndLookedAtAgain() throws InterruptedException {
        backlog.put(work(1, "embedded"), LIVE);
        Backlog.Batch embedded = take(LIVE);
        backlog.mayEmbed(embedded, Set.copyOf(embedded.works()));
        backlog.put(work(2, "came while it was planned"), LIVE);
        Backlog.Batch second = take(LIVE);
        backlog.put(work(3, "third"), LIVE);
        backlog.put(work(2, "planned later"), LIVE);
        backlog.mayEmbed(second, Set.copyOf(second.works()));
        assertThat(backlog.waitingKeys(LIVE)).containsExactly(document(2), document(3));

        Backlog.Batch both = take(LIVE);
        backlog.mayEmbed(both, Set.copyOf(both.works()));
        assertThat(backlog.needVectors()).isEqualTo(2);
        backlog.put(work(2, "replaces"), LIVE);

        assertThat(backlog.needVectors()).isEqualTo(1);
        assertThat(backlog.waitingKeys(LIVE)).containsExactly(document(2), document(3));
        Backlog.Batch replacing = take(LIVE);
        assertThat(replacing.works()).extracting(BacklogTest::body).containsExactly("replaces");
        assertThat(done).isEmpty();
        backlog.release(replacing);
        assertThat(done).containsExactly("came while it was planned", "planned later", "replaces");
    }

    @Test
    void whatATruncationSupersededDoesNotWaitAgain() throws InterruptedException {
        backlog.put(work(1, "embedded"), LIVE);
        Backlog.Batch embedded = take(LIVE);
        backlog.mayEmbed(embedded, Set.copyOf(embedded.works()));
        backlog.put(work(2, "pointless"), LIVE);
        Backlog.Batch planned = take(LIVE);
        backlog.put(new Backlog.Truncation(TARGET, Version.NONE, () -> done.add("truncated")));

        backlog.mayEmbed(planned, Set.copyOf(planned.works()));

        assertThat(backlog.waitingKeys(LIVE)).isEmpty();
        backlog.release(planned);
        backlog.release(embedded);
        backlog.release(take(LIVE));
        assertThat(done).containsExactly("embedded", "pointless", "truncated");
        assertThat(backlog.bytes()).isZero();
    }

    @Test
    void waitsForRoomForABackfill() throws Exception {
        backlog.put(work(1, "a"), BACKFILL);
        backlog.put(work(2, "b"), BACKFILL);
        assertThat(backlog.awaitBackfillBelow(3)).isTrue();
        CompletableFuture<Boolean> waiting = inThread(() -> backlog.awaitBackfillBelow(2));
        assertThat(waiting).isNotDone();

        backlog.take(BACKFILL, 1, 1);

        assertThat(waiting.get(5, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void bigDocumentsOfABackfillAreWaitedForAsWell() throws Exception {
        var small = new Backlog(8_000, 1);
        small.add(work(1, "x".repeat(4_000)), BACKFILL);
        CompletableFuture<Boolean> waiting = inThread(() -> small.awaitBackfillBelow(100));
        assertThat(waiting).isNotDone();

        small.release(requireNonNull(small.take(BACKFILL, 1, 1)));

        assertThat(waiting.get(5, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void closeWakesEveryone() throws Exception {
        var small = new Backlog(1_000, 1);
        small.put(work(1, "x".repeat(1_000)), LIVE);
        small.add(work(2, "x".repeat(1_000)), BACKFILL);
        CompletableFuture<Void> putting = putting(small, work(3, "y"), LIVE);
        CompletableFuture<Boolean> waiting = inThread(() -> small.awaitBackfillBelow(1));
        requireNonNull(small.take(LIVE, 1, 1));
        CompletableFuture<Boolean> taking = inThread(() -> small.take(LIVE, 1, 1) == null);

        small.close();

        putting.get(5, TimeUnit.SECONDS);
        assertThat(waiting.get(5, TimeUnit.SECONDS)).isFalse();
        assertThat(taking.get(5, TimeUnit.SECONDS)).isTrue();
        assertThat(done).isEmpty();
    }

    private interface Blocking<T> {
        T run() throws InterruptedException;
    }

    private CompletableFuture<Backlog.Batch> taking(Lane lane) {
        return inThread(() -> take(lane));
    }

    private static CompletableFuture<Void> putting(Backlog backlog, Work work, Lane lane) {
        return inThread(() -> {
                    backlog.put(work, lane);
                    return true;
                })
                .thenApply(put -> null);
    }

    /** Runs in a thread of its own, and returns when it is done or blocked. */
    private static <T> CompletableFuture<T> inThread(Blocking<T> blocking) {
        var result = new CompletableFuture<T>();
        Thread thread = Thread.ofPlatform().daemon().start(() -> {
            try {
                result.complete(blocking.run());
            } catch (InterruptedException | RuntimeException e) {
                result.completeExceptionally(e);
            }
        });
        await().pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(2))
                .until(() -> result.isDone() || thread.getState() == Thread.State.WAITING);
        return result;
    }
}
