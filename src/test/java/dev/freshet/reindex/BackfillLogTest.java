package dev.freshet.reindex;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.change.TableId;
import dev.freshet.reindex.TableProgress.State;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BackfillLogTest {

    private static final TableId ARTICLES = new TableId("public", "articles");
    private static final TableId NOTES = new TableId("Schema", "No.tes");

    @TempDir
    private Path folder;

    private Path file = Path.of("");

    @BeforeEach
    void name() {
        file = folder.resolve("backfills.json");
    }

    @Test
    void isEmptyAtFirst() {
        assertThat(new BackfillLog(file).all()).isEmpty();
        assertThat(new BackfillLog(file).of(ARTICLES)).isEmpty();
    }

    @Test
    void remembersHowFarEachTableIs() {
        var log = new BackfillLog(file);
        log.request(List.of(ARTICLES, NOTES));
        log.update(ARTICLES, progress -> progress.expecting(500));
        log.update(ARTICLES, TableProgress::started);
        log.update(ARTICLES, progress -> progress.reached(List.of("7", "a \"b\", ü"), 100));
        log.update(NOTES, progress -> progress.complete(3, Instant.parse("2026-03-01T12:00:00.123456Z")));

        var again = new BackfillLog(file);

        assertThat(again.all()).isEqualTo(log.all()).hasSize(2);
        assertThat(again.of(ARTICLES).orElseThrow())
                .extracting(TableProgress::state, TableProgress::key, TableProgress::rows, TableProgress::expected)
                .containsExactly(State.RUNNING, List.of("7", "a \"b\", ü"), 100L, 500L);
        assertThat(again.of(NOTES).orElseThrow())
                .extracting(TableProgress::state, TableProgress::key, TableProgress::rows, TableProgress::expected)
                .containsExactly(State.COMPLETE, null, 3L, 3L);
    }

    @Test
    void aRequestStartsATableFromItsFirstRow() {
        var log = new BackfillLog(file);
        log.request(List.of(ARTICLES));
        Instant first = log.of(ARTICLES).orElseThrow().startedAt();
        log.update(ARTICLES, progress -> progress.reached(List.of("7"), 100));

        log.request(List.of(ARTICLES));

        TableProgress again = log.of(ARTICLES).orElseThrow();
        assertThat(again.state()).isEqualTo(State.PENDING);
        assertThat(again.key()).isNull();
        assertThat(again.rows()).isZero();
        assertThat(again.startedAt()).isAfterOrEqualTo(first);
    }

    @Test
    void forgetsTablesThatAreNotCapturedAnyMore() {
        var log = new BackfillLog(file);
        log.request(List.of(ARTICLES, NOTES));

        log.retain(Set.of(ARTICLES));

        assertThat(log.all()).extracting(TableProgress::table).containsExactly(ARTICLES);
        assertThat(new BackfillLog(file).all()).extracting(TableProgress::table).containsExactly(ARTICLES);
    }

    @Test
    void changesNothingOfATableThatNobodyAskedFor() {
        var log = new BackfillLog(file);
        log.update(ARTICLES, TableProgress::started);

        assertThat(log.all()).isEmpty();
    }

    @Test
    void aReaderThatStartsOverExpectsAtLeastWhatItHasRead() {
        var log = new BackfillLog(file);
        log.request(List.of(ARTICLES));
        log.update(ARTICLES, progress -> progress.expecting(10).reached(List.of("7"), 100));

        assertThat(log.of(ARTICLES).orElseThrow().expected()).isEqualTo(100);
    }

    @Test
    void aDamagedFileIsRefusedWithTheWayOut() throws IOException {
        var log = new BackfillLog(file);
        log.request(List.of(ARTICLES));
        byte[] whole = Files.readAllBytes(file);

        for (int length : new int[] {0, 1, whole.length / 2, whole.length - 1}) {
            Files.write(file, Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> new BackfillLog(file))
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessageContaining(file.toString())
                    .hasMessageContaining("Remove the file to read every table again");
        }
    }

    @Test
    void whatAnInterruptedSaveLeftIsNotRead() throws IOException {
        var log = new BackfillLog(file);
        log.request(List.of(ARTICLES));
        Files.writeString(folder.resolve("backfills.json.next"), "[{\"tab");

        var again = new BackfillLog(file);
        again.request(List.of(NOTES));

        assertThat(new BackfillLog(file).all()).hasSize(2);
    }
}
