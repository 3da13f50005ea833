package dev.freshet.source.debezium;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.change.ChangeEvent;
import dev.freshet.change.ChangeEvent.Origin;
import dev.freshet.change.ChangeEvent.RowUpserted;
import dev.freshet.change.TableId;
import dev.freshet.source.CapturedTables;
import dev.freshet.source.ChangeBatch;
import dev.freshet.source.ChangeSource;
import dev.freshet.source.Table;
import dev.freshet.source.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class CheckpointTest {

    @TempDir
    private Path folder;

    private final TestDatabase database = new TestDatabase();
    private Map<TableId, Table> tables = Map.of();

    @BeforeEach
    void createTable() {
        database.execute("CREATE TABLE docs (id int PRIMARY KEY, title text)");
        tables = database.tables("public.docs");
    }

    @AfterEach
    void close() {
        database.close();
    }

    private Path offsets() {
        return folder.resolve("offsets");
    }

    private RunningCapture start() {
        return RunningCapture.start(database, tables, offsets());
    }

    private void insert(int from, int to) {
        for (int id = from; id <= to; id++) {
            database.execute("INSERT INTO docs VALUES (%d, 'row')".formatted(id));
        }
    }

    private static List<Long> ids(List<? extends ChangeEvent> events) {
        return events.stream()
                .map(event ->
                        (Long) ((ChangeEvent.RowChange) event).key().columns().get("id"))
                .toList();
    }

    @Test
    void whatWasNotAcknowledgedComesAgainAndNothingIsLost() {
        try (var capture = start()) {
            insert(1, 6);
            List<ChangeEvent> events = capture.take();
            assertThat(ids(events)).containsExactly(1L, 2L, 3L, 4L, 5L, 6L);
            capture.acknowledge(events.get(1));
            capture.acknowledge(events.get(2));
        }
        insert(7, 8);
        try (var capture = start()) {
            List<ChangeEvent> events = capture.take();
            assertThat(ids(events)).endsWith(4L, 5L, 6L, 7L, 8L).doesNotContain(1L, 2L);
            capture.acknowledge(events.getLast());
        }
        try (var capture = start()) {
            assertThat(ids(capture.take())).as("nothing but the last again").isSubsetOf(8L);
            insert(9, 9);
            assertThat(ids(capture.take())).containsExactly(9L);
        }
    }

    /** Found by a random history: an engine that was left running kept the slot, and the next one waited for minutes. */
    @ParameterizedTest
    @ValueSource(ints = {0, 20, 100})
    void aStopWhileTheEngineStartsStopsTheEngine(int wait) throws InterruptedException {
        database.database().ensurePublication(database.name(), tables.keySet());
        Set<Thread> before = captures();
        var source =
                new DebeziumSource(RunningCapture.settings(database, false), new CapturedTables(tables), offsets(), 0);
        Thread starting = Thread.ofPlatform().start(() -> {
            try (source) {
                source.start(new ChangeSource.Sink() {
                    @Override
                    public void accept(ChangeBatch batch) {}

                    @Override
                    public void ended(@Nullable Throwable reason) {}
                });
            }
        });
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(wait));
        starting.interrupt();
        starting.join();

        await().untilAsserted(() -> assertThat(captures()).isSubsetOf(before));
        try (var capture = start()) {
            insert(1, 1);
            assertThat(ids(capture.take())).containsExactly(1L);
        }
    }

    private static Set<Thread> captures() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("freshet-capture"))
                .collect(Collectors.toSet());
    }

    /** The two have one position in the log: going on behind it would lose the new row. */
    @Test
    void aChangeOfAKeyComesAgainAsAWholeWhenOnlyItsDeleteWasAcknowledged() {
        try (var capture = start()) {
            insert(1, 2);
            database.execute("UPDATE docs SET id = 7 WHERE id = 1");
            List<ChangeEvent> events = capture.take();
            assertThat(ids(events)).containsExactly(1L, 2L, 1L, 7L);
            capture.acknowledge(events.get(2));
        }
        try (var capture = start()) {
            assertThat(ids(capture.take())).endsWith(1L, 7L);
        }
    }

    @Test
    void theRowsOfOneCopyComeAgainWhenOnlySomeWereAcknowledged() {
        try (var capture = start()) {
            insert(1, 1);
            database.execute("COPY docs FROM PROGRAM 'printf \"10\\ta\\n11\\tb\\n12\\tc\\n\"'");
            List<ChangeEvent> events = capture.take();
            assertThat(ids(events)).containsExactly(1L, 10L, 11L, 12L);
            capture.acknowledge(events.get(2));
        }
        try (var capture = start()) {
            assertThat(ids(capture.take())).endsWith(12L);
        }
    }

    /** Debezium hands out at most 2,048 events at a time, and a page of a COPY may lie on both sides of that. */
    @Test
    void theRowsOfOneCopyComeAgainWhenTheyCameInTwoBatches() {
        long acknowledged;
        try (var capture = start()) {
            database.execute("COPY docs FROM PROGRAM 'seq -f \"%.0f\tx\" 1 9000'");
            List<Long> ids = ids(capture.take());
            assertThat(ids).hasSize(9_000);
            acknowledged = ids(List.of(capture.acknowledgeWholeBatches(2_000))).getFirst();
        }
        try (var capture = start()) {
            List<Long> ids = ids(capture.take());
            assertThat(ids.getFirst()).isLessThanOrEqualTo(acknowledged + 1);
            assertThat(ids)
                    .isEqualTo(LongStream.rangeClosed(ids.getFirst(), 9_000)
                            .boxed()
                            .toList());
        }
    }

    @Test
    void goesOnInsideATransaction() {
        try (var capture = start()) {
            database.transaction(
                    "INSERT INTO docs SELECT g, 'row' FROM generate_series(1, 10) g",
                    "UPDATE docs SET title = 'new' WHERE id = 1");
            List<ChangeEvent> events = capture.take();
            assertThat(ids(events)).hasSize(11);
            capture.acknowledge(events.get(4));
        }
        try (var capture = start()) {
            List<RowUpserted> events = capture.takeUpserts();
            assertThat(ids(events)).endsWith(6L, 7L, 8L, 9L, 10L, 1L);
            assertThat(events.getLast().row().get("title")).isEqualTo("new");
        }
    }

    @Test
    void withoutAnyAcknowledgementEverythingComesAgain() {
        try (var capture = start()) {
            insert(1, 2);
            assertThat(capture.take()).hasSize(2);
        }
        assertThat(DebeziumSource.hasCheckpoint(offsets())).isFalse();
        try (var capture = start()) {
            assertThat(ids(capture.take())).containsExactly(1L, 2L);
        }
    }

    @Test
    void versionsDoNotGoBackAcrossARestart() {
        ChangeEvent last;
        try (var capture = start()) {
            insert(1, 3);
            last = capture.take().getLast();
            capture.acknowledge(last);
        }
        insert(4, 4);
        try (var capture = start()) {
            ChangeEvent next = capture.take().getLast();
            assertThat(ids(List.of(next))).containsExactly(4L);
            assertThat(next.position()).isGreaterThan(last.position());
        }
    }

    @Test
    void aDamagedCheckpointEndsCaptureWithTheWayOut() throws IOException {
        try (var capture = start()) {
            insert(1, 1);
            capture.acknowledge(capture.take().getLast());
        }
        Files.write(offsets(), new byte[0]);
        var settings = RunningCapture.settings(database, false);
        try (var capture = RunningCapture.unawaited(database, settings, tables, offsets())) {
            assertThat(capture.awaitFailure()).hasStackTraceContaining("freshet resync");
        }
    }

    @Test
    void aSlotThatIsGoneIsAnErrorAndNotASilentGap() {
        try (var capture = start()) {
            insert(1, 2);
            capture.acknowledge(capture.take().getLast());
        }
        database.dropSlot();
        insert(3, 3);
        var settings = RunningCapture.settings(database, false);
        try (var capture = RunningCapture.unawaited(database, settings, tables, offsets())) {
            assertThat(capture.awaitFailure()).isNotNull();
        }
    }

    @Test
    void anEncryptedConnectionIsNeverTradedForAPlainOne() {
        var plain = RunningCapture.settings(database, false);
        var encrypted = new PostgresCapture(
                plain.name(),
                plain.url() + "?sslmode=require",
                plain.user(),
                plain.password(),
                plain.slot(),
                plain.publication(),
                false,
                plain.poll(),
                plain.heartbeat(),
                plain.queueBytes(),
                plain.extra());
        try (var capture = RunningCapture.unawaited(database, encrypted, tables, offsets())) {
            assertThat(capture.awaitFailure()).hasStackTraceContaining("SSL");
        }
    }

    @Test
    void anInitialSnapshotIsABackfillThatLiveChangesFollow() {
        insert(1, 3);
        database.execute("ALTER TABLE docs ADD COLUMN doubled int GENERATED ALWAYS AS (id * 2) STORED");
        tables = database.tables("public.docs");
        try (var capture = RunningCapture.start(database, tables, offsets(), true)) {
            List<RowUpserted> snapshot = capture.takeUpserts();
            assertThat(ids(snapshot)).containsExactlyInAnyOrder(1L, 2L, 3L);
            assertThat(snapshot).allSatisfy(event -> {
                assertThat(event.origin()).isEqualTo(Origin.BACKFILL);
                assertThat(String.valueOf(event.row().get("doubled")))
                        .isEqualTo(Long.toString(2 * Long.parseLong(event.key().text())));
            });
            insert(4, 4);
            RowUpserted live = capture.takeUpserts().getFirst();
            assertThat(live.origin()).isEqualTo(Origin.LIVE);
            assertThat(live.position()).isGreaterThan(snapshot.getLast().position());
            capture.acknowledge(live);
        }
        try (var capture = RunningCapture.start(database, tables, offsets(), true)) {
            assertThat(ids(capture.take())).as("no second snapshot").isSubsetOf(4L);
        }
    }
}
