package dev.freshet.daemon;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.freshet.deadletter.Occupancy;
import dev.freshet.embed.EmbedderStatus;
import dev.freshet.pipeline.GuardStatus;
import dev.freshet.pipeline.Pause;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the daemon is doing, as callers get it in JSON; keys stay, new ones may come.
 *
 * @param schema version of this form
 * @param state {@code starting}, {@code backfilling}, {@code streaming}, {@code waiting} (for the source), {@code
 *     halted} (the dead letters are full), {@code stopping}
 * @param startedAt when the daemon started
 * @param source the database's side
 * @param backfills every table's backfill
 * @param paused the mappings whose changes are not applied
 * @param collections what the index holds
 * @param embedding how it stands with the embedding model
 * @param guards what may be away, each with the state of its circuit breaker
 * @param chunks how many chunks were embedded and reused since the start
 * @param backlog what has arrived and is not in the index yet
 * @param deadLetters how many documents are parked
 * @param deadLetterRoom how full the dead letters are
 * @param lastError the last thing that went wrong, tried again since or not
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
public record Status(
        int schema,
        String state,
        Instant startedAt,
        Source source,
        List<BackfillOfTable> backfills,
        List<PausedMapping> paused,
        Map<String, Collection> collections,
        EmbedderStatus embedding,
        List<GuardStatus> guards,
        Chunks chunks,
        Backlog backlog,
        int deadLetters,
        DeadLetterRoom deadLetterRoom,
        @Nullable String lastError) {

    /**
     * The database's side.
     *
     * @param position every change up to here can be found
     * @param committedAt when that was committed
     * @param lagMs milliseconds that the oldest change that cannot be found yet has been waiting
     * @param lagBytes bytes of log behind the confirmed position
     * @param retainedBytes bytes of log that the server keeps for the slot
     * @param warning what is wrong while it keeps more than {@code source.slotWarning}
     */
    public record Source(
            String slot,
            boolean connected,
            @Nullable String position,
            @Nullable Instant committedAt,
            long lagMs,
            @Nullable Long lagBytes,
            @Nullable Long retainedBytes,
            @Nullable String warning) {}

    /**
     * A table's backfill.
     *
     * @param state {@code pending}, {@code running}, {@code complete}, {@code paused} (with every mapping of the table)
     * @param rows rows whose documents are in the index
     * @param expected about how many rows there are; 0 when unknown
     */
    public record BackfillOfTable(
            String table,
            String state,
            long rows,
            long expected,
            Instant startedAt,
            @Nullable Instant finishedAt) {}

    /**
     * A mapping whose changes are not applied: what it has in the index is as old as {@code since}, but for deletes.
     *
     * @param reason why
     * @param wayOut what to do
     */
    public record PausedMapping(String mapping, String table, String reason, String wayOut, Instant since) {
        static PausedMapping of(Pause pause) {
            return new PausedMapping(
                    pause.mapping(), pause.table().toString(), pause.reason(), pause.wayOut(), pause.since());
        }
    }

    /** What a collection holds. */
    public record Collection(long documents, long chunks, String model) {}

    /** Chunks since the start. */
    public record Chunks(long embedded, long reused) {}

    /** What has arrived and is not in the index yet. */
    public record Backlog(int live, int backfill, long bytes) {}

    /**
     * How full the dead letters are.
     *
     * @param whenFull what becomes of one more: {@code halt} or {@code drop-oldest}
     * @param level {@code ok}, {@code nearly-full} or {@code halted}
     */
    public record DeadLetterRoom(long bytes, long max, String whenFull, String level) {

        static DeadLetterRoom of(Occupancy occupancy, boolean halted) {
            return new DeadLetterRoom(
                    occupancy.bytes(),
                    occupancy.max(),
                    occupancy.whenFull().toString(),
                    halted ? "halted" : occupancy.isNearlyFull() ? "nearly-full" : "ok");
        }
    }
}
