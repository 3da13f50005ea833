package dev.freshet.pipeline;

import dev.freshet.change.ChangeEvent.RowChange;
import dev.freshet.change.ChangeEvent.RowDeleted;
import dev.freshet.change.ChangeEvent.RowUpserted;
import dev.freshet.document.DocumentKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One document to bring up to date because of one event. Its mutable parts belong to the {@link Backlog}'s lock. */
final class Work {

    private static final long BYTES_PER_EVENT = 400;

    private final Target target;
    private final DocumentKey key;
    private final RowChange event;
    private final Instant capturedAt = Instant.now();
    private final long bytes;
    private List<Runnable> done = new ArrayList<>(1);
    private long heldBytes;
    private long place;
    private long refusedAt;
    private long dueNanos;
    private boolean superseded;

    /** Work that calls {@code done} exactly once, when its effect, or that of what replaced it, can be found. */
    Work(Target target, RowChange event, Runnable done) {
        this.target = target;
        this.key = target.mapping().key(event.key());
        this.event = target.mapping().traced(event);
        this.done.add(done);
        this.bytes = bytesOf(event);
        this.heldBytes = bytes;
    }

    Target target() {
        return target;
    }

    DocumentKey key() {
        return key;
    }

    RowChange event() {
        return event;
    }

    /** When the event arrived here. */
    Instant capturedAt() {
        return capturedAt;
    }

    /** About what the event holds on the heap, in bytes. */
    long bytes() {
        return bytes;
    }

    /** The same of this event and of those it stands for: all of them are kept until it is done. */
    long heldBytes() {
        return heldBytes;
    }

    /** Where it stands among all that waits. */
    long place() {
        return place;
    }

    void place(long number) {
        place = number;
    }

    /** How often room had been made among the dead letters when there was none for it. */
    long refusedAt() {
        return refusedAt;
    }

    void refusedAt(long removals) {
        refusedAt = removals;
    }

    /** When its time has come, by {@link System#nanoTime}, if it is too early. */
    long dueNanos() {
        return dueNanos;
    }

    void dueNanos(long nanos) {
        dueNanos = nanos;
    }

    /** Stands for an earlier work of the same document as well, in its place; that one is done when this one is. */
    void replace(Work earlier) {
        place = earlier.place;
        earlier.done.addAll(done);
        done = earlier.done;
        heldBytes += earlier.heldBytes;
    }

    void done() {
        done.forEach(Runnable::run);
    }

    void supersede() {
        superseded = true;
    }

    /** Supersedes it, and leaves it to whoever did to say when it is done. */
    Runnable supersedeAndHandOver() {
        superseded = true;
        List<Runnable> handedOver = done;
        done = List.of();
        return () -> handedOver.forEach(Runnable::run);
    }

    boolean isSuperseded() {
        return superseded;
    }

    static long bytesOf(RowChange event) {
        return switch (event) {
            case RowDeleted ignored -> BYTES_PER_EVENT;
            case RowUpserted upserted ->
                BYTES_PER_EVENT + bytesOf(upserted.row().values());
        };
    }

    private static long bytesOf(@Nullable Object value) {
        return switch (value) {
            case null -> 8;
            case String text -> 48 + 2L * text.length();
            case byte[] bytes -> 16 + bytes.length;
            case Collection<?> elements ->
                64 + elements.stream().mapToLong(Work::bytesOf).sum();
            case Map<?, ?> entries ->
                64
                        + entries.entrySet().stream()
                                .mapToLong(entry -> 64 + bytesOf(entry.getValue()))
                                .sum();
            default -> 32;
        };
    }
}
