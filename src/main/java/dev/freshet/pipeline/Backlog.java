package dev.freshet.pipeline;

import dev.freshet.change.ChangeEvent.RowUpserted;
import dev.freshet.change.Version;
import dev.freshet.document.DocumentKey;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Queue;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Documents that wait or are under way, at most one of each waiting, in two lanes. Bounded in bytes, each lane for itself,
 * so that a backfill never takes the room of live changes: {@link #put} blocks while there is none, which holds the
 * source back. Thread-safe.
 *
 * <p>Order within a document is kept by three rules. What waits is replaced by what comes later, in its place in the
 * queue, so that a document which changes all the time is not put off all the time. What a backfill batch has under way
 * is superseded when a live batch takes the same document. What a live batch has under way makes everything that comes
 * later wait for it in the live lane.
 *
 * <p>Only so many live batches may wait for vectors at once. What needs vectors beyond that waits here again, where later
 * changes of it replace it and those of other documents that need none pass it. So does what failed and finds no room
 * among the dead letters, until there is some, and a new text of a document that was written a moment ago, until its time
 * has come.
 */
final class Backlog {

    /** A backfill has one part in this many of the room. */
    private static final long BACKFILL_SHARE = 4;

    /** Documents of one lane that a worker took; or a truncation, alone. */
    static final class Batch {
        private final Lane lane;
        private final List<Work> works;
        private final @Nullable Truncation truncation;
        private boolean embedding;

        private Batch(Lane lane, List<Work> works, @Nullable Truncation truncation) {
            this.lane = lane;
            this.works = works;
            this.truncation = truncation;
        }

        Lane lane() {
            return lane;
        }

        /** What is left to do. */
        List<Work> works() {
            return List.copyOf(works);
        }

        @Nullable Truncation truncation() {
            return truncation;
        }
    }

    /** All documents of a mapping are to be removed that are not newer than the version. */
    record Truncation(Target target, Version version, Runnable done) {}

    private record Identity(String collection, DocumentKey key) {

        static Identity of(Work work) {
            return new Identity(work.target().collection(), work.key());
        }
    }

    /** What there is in one lane. */
    private static final class Contents {
        private final long capacity;
        private final Map<Identity, Work> waiting = new HashMap<>();
        private final Map<Identity, Work> underWay = new HashMap<>();

        /** What waits and may be taken at any time, by its place. */
        private final SortedMap<Long, Work> next = new TreeMap<>();

        /** What waits and is known to need vectors, by its place. */
        private final SortedMap<Long, Work> needsVectors = new TreeMap<>();

        /** What waits for room among the dead letters, by its place. */
        private final SortedMap<Long, Work> needsRoom = new TreeMap<>();

        /** What needs vectors and whose time has not come, by that. */
        private final NavigableSet<Work> early =
                new TreeSet<>(Comparator.<Work>comparingLong(Work::dueNanos).thenComparingLong(Work::place));

        private long bytes;

        private Contents(long capacity) {
            this.capacity = capacity;
        }

        private boolean hasRoomFor(long more) {
            return bytes == 0 || bytes + more <= capacity;
        }

        private void add(Identity identity, Work work, SortedMap<Long, Work> queue) {
            waiting.put(identity, work);
            queue.put(work.place(), work);
            bytes += work.heldBytes();
        }

        private @Nullable Work remove(Identity identity) {
            Work work = waiting.remove(identity);
            if (work != null) {
                next.remove(work.place());
                needsVectors.remove(work.place());
                needsRoom.remove(work.place());
                early.remove(work);
                bytes -= work.heldBytes();
            }
            return work;
        }

        private void giveUpFor(Work later, Identity identity) {
            Work earlier = remove(identity);
            if (earlier != null) {
                later.replace(earlier);
            }
        }

        private void finish(Work work) {
            underWay.remove(Identity.of(work));
            bytes -= work.heldBytes();
        }

        private List<Work> waitingOf(Target target) {
            return waiting.values().stream()
                    .filter(work -> work.target().equals(target))
                    .toList();
        }
    }

    private final Contents live;
    private final Contents backfill;
    private final Queue<Truncation> truncations = new ArrayDeque<>();
    private final int embeddingBatches;
    private int embedding;
    private long places;
    private boolean truncating;
    private boolean closed;

    /** An empty backlog for about this many bytes of changes, of which so many live batches may wait for vectors at once. */
    Backlog(long capacity, int embeddingBatches) {
        this.embeddingBatches = embeddingBatches;
        backfill = new Contents(capacity / BACKFILL_SHARE);
        live = new Contents(capacity - capacity / BACKFILL_SHARE);
    }

    /** Adds work, in place of what waits for the same document; blocks while there is no room in the lane. */
    synchronized void put(Work work, Lane lane) throws InterruptedException {
        awaitCapacity(lane, work.bytes());
        add(work, lane);
    }

    /** Waits until a lane has room for so many bytes of changes; for its only producer, who then adds them. */
    synchronized void awaitCapacity(Lane lane, long bytes) throws InterruptedException {
        while (!closed && !of(lane).hasRoomFor(bytes)) {
            wait();
        }
    }

    /** The same without blocking, for those who {@linkplain #awaitBackfillBelow waited for room} before. */
    synchronized void add(Work work, Lane lane) {
        if (closed) {
            return;
        }
        var identity = Identity.of(work);
        boolean first = lane == Lane.LIVE || live.waiting.containsKey(identity) || live.underWay.containsKey(identity);
        Contents contents = first ? live : backfill;
        work.place(places++);
        Work before = live.waiting.get(identity);
        Long due = before != null && live.early.contains(before) && work.event() instanceof RowUpserted
                ? before.dueNanos()
                : null;
        live.giveUpFor(work, identity);
        backfill.giveUpFor(work, identity);
        if (due == null) {
            contents.add(identity, work, contents.next);
        } else {
            // It will need vectors as well, since the text before it is not in the index.
            work.dueNanos(due);
            addEarly(identity, work);
        }
        notifyAll();
    }

    private void addEarly(Identity identity, Work work) {
        live.waiting.put(identity, work);
        live.early.add(work);
        live.bytes += work.heldBytes();
    }

    /** Adds a truncation; what waits or is under way of its mapping is pointless from here on, and done when it is. */
    synchronized void put(Truncation truncation) {
        var pointless = new ArrayList<Runnable>();
        for (Contents contents : List.of(live, backfill)) {
            for (Work work : contents.waitingOf(truncation.target())) {
                contents.remove(Identity.of(work));
                pointless.add(work::done);
            }
            for (Work work : contents.underWay.values()) {
                if (work.target().equals(truncation.target())) {
                    pointless.add(work.supersedeAndHandOver());
                }
            }
        }
        truncations.add(new Truncation(truncation.target(), truncation.version(), () -> {
            pointless.forEach(Runnable::run);
            truncation.done().run();
        }));
        notifyAll();
    }

    /**
     * Takes the oldest documents of a lane, at most {@code documents} and about {@code maxBytes}, none of which is under
     * way in this lane; blocks until there are some. Null when closed.
     */
    synchronized @Nullable Batch take(Lane lane, int documents, long maxBytes) throws InterruptedException {
        while (!closed) {
            boolean blocked = truncating || !truncations.isEmpty();
            if (lane == Lane.LIVE && blocked && !truncating) {
                truncating = true;
                return new Batch(lane, List.of(), truncations.remove());
            }
            long untilDue = timeHasCome();
            Batch batch = blocked ? null : takeWaiting(lane, documents, maxBytes);
            if (batch != null) {
                notifyAll();
                return batch;
            }
            wait(untilDue);
        }
        return null;
    }

    /** Lets go what was too early; returns how many milliseconds there are to the next one, 0 when there is none. */
    private long timeHasCome() {
        while (!live.early.isEmpty()) {
            Work first = live.early.first();
            long left = first.dueNanos() - System.nanoTime();
            if (left > 0) {
                return left / 1_000_000 + 1;
            }
            live.early.remove(first);
            live.next.put(first.place(), first);
        }
        return 0;
    }

    /**
     * Has works of a live batch that need vectors wait until their time has come, and takes them out of the batch; later
     * changes of the same documents take their place.
     *
     * @param due when that is, by {@link System#nanoTime}
     */
    synchronized void awaitTime(Batch batch, Map<Work, Long> due) {
        due.forEach((work, nanos) -> {
            batch.works.remove(work);
            live.finish(work);
            if (work.isSuperseded()) {
                return;
            }
            var identity = Identity.of(work);
            Work later = live.remove(identity);
            if (later != null) {
                later.replace(work);
                if (!(later.event() instanceof RowUpserted)) {
                    live.add(identity, later, live.next);
                    return;
                }
            }
            Work last = later == null ? work : later;
            last.dueNanos(nanos);
            addEarly(identity, last);
        });
        notifyAll();
    }

    private @Nullable Batch takeWaiting(Lane lane, int documents, long maxBytes) {
        Contents contents = of(lane);
        if (lane == Lane.LIVE && embedding < embeddingBatches) {
            List<Work> works = takeWaiting(contents, contents.needsVectors, documents, maxBytes);
            if (!works.isEmpty()) {
                var batch = new Batch(lane, works, null);
                startEmbedding(batch);
                return batch;
            }
        }
        List<Work> works = takeWaiting(contents, contents.next, documents, maxBytes);
        return works.isEmpty() ? null : new Batch(lane, works, null);
    }

    private List<Work> takeWaiting(Contents contents, SortedMap<Long, Work> queue, int documents, long maxBytes) {
        var taken = new ArrayList<Work>();
        long takenBytes = 0;
        Iterator<Work> works = queue.values().iterator();
        while (works.hasNext() && taken.size() < documents) {
            Work work = works.next();
            var identity = Identity.of(work);
            if (contents.underWay.containsKey(identity)) {
                continue;
            }
            if (!taken.isEmpty() && takenBytes + work.bytes() > maxBytes) {
                break;
            }
            Work backfilled = backfill.underWay.get(identity);
            if (backfilled != null) {
                backfilled.supersede();
            }
            works.remove();
            contents.waiting.remove(identity);
            contents.underWay.put(identity, work);
            taken.add(work);
            takenBytes += work.bytes();
        }
        return taken;
    }

    private void startEmbedding(Batch batch) {
        batch.embedding = true;
        embedding++;
    }

    /**
     * Finishes all of a live batch but what needs vectors. True if that may be embedded now; otherwise it waits again and
     * is no longer of the batch.
     */
    boolean mayEmbed(Batch batch, Set<Work> needVectors) {
        var finished = new ArrayList<>(batch.works);
        finished.removeAll(needVectors);
        boolean may;
        synchronized (this) {
            batch.works.retainAll(needVectors);
            finished.forEach(live::finish);
            may = batch.embedding || embedding < embeddingBatches;
            if (!may) {
                batch.works.forEach(work -> waitAgain(live, work, live.needsVectors));
                batch.works.clear();
            } else if (!batch.embedding) {
                startEmbedding(batch);
            }
            notifyAll();
        }
        finished.forEach(Work::done);
        return may;
    }

    private void waitAgain(Contents contents, Work work, SortedMap<Long, Work> queue) {
        contents.finish(work);
        if (work.isSuperseded()) {
            return;
        }
        var identity = Identity.of(work);
        boolean laterIsLive = live.waiting.containsKey(identity);
        Contents lane = laterIsLive ? live : contents;
        Work later = lane.remove(identity);
        if (later == null) {
            contents.add(identity, work, queue);
        } else {
            later.replace(work);
            lane.add(identity, later, lane.next);
        }
    }

    /**
     * Has a work that failed wait until room was made among the dead letters, and takes it out of the batch.
     *
     * @param removals how often that had happened when it found none
     */
    synchronized void awaitRoom(Batch batch, Work work, long removals) {
        // One that was superseded meanwhile is done when its batch is.
        if (!work.isSuperseded()) {
            batch.works.remove(work);
            work.refusedAt(removals);
            Contents contents = of(batch.lane());
            waitAgain(contents, work, contents.needsRoom);
            notifyAll();
        }
    }

    /** Has what waits for room tried again, if room was made since. */
    synchronized void roomWasMade(long removals) {
        for (Contents contents : List.of(live, backfill)) {
            for (Work work : List.copyOf(contents.needsRoom.values())) {
                if (work.refusedAt() != removals) {
                    contents.needsRoom.remove(work.place());
                    contents.next.put(work.place(), work);
                    notifyAll();
                }
            }
        }
    }

    /** How many documents wait for room among the dead letters. */
    synchronized int needRoom() {
        return live.needsRoom.size() + backfill.needsRoom.size();
    }

    /** Those of the works that no later one of the live lane has superseded. */
    synchronized List<Work> stillWanted(List<Work> works) {
        return works.stream().filter(work -> !work.isSuperseded()).toList();
    }

    /** The batch is finished, and so is each of its works. */
    void release(Batch batch) {
        synchronized (this) {
            batch.works.forEach(of(batch.lane)::finish);
            if (batch.embedding) {
                embedding--;
            }
            if (batch.truncation() != null) {
                truncating = false;
            }
            notifyAll();
        }
        batch.works.forEach(Work::done);
        if (batch.truncation() != null) {
            batch.truncation().done().run();
        }
    }

    /**
     * Waits until fewer than this many documents wait in the backfill lane, and what is there takes less than its room;
     * false when closed.
     */
    synchronized boolean awaitBackfillBelow(int documents) throws InterruptedException {
        while (!closed && (backfill.waiting.size() >= documents || backfill.bytes >= backfill.capacity)) {
            wait();
        }
        return !closed;
    }

    /** How many documents wait or are under way in a lane. */
    synchronized int size(Lane lane) {
        return of(lane).waiting.size() + of(lane).underWay.size();
    }

    /** Whether a document waits or is under way, also because its mapping is being truncated. */
    synchronized boolean holds(Target target, DocumentKey key) {
        var identity = new Identity(target.collection(), key);
        return truncating
                || !truncations.isEmpty()
                || Stream.of(live, backfill)
                        .anyMatch(contents ->
                                contents.waiting.containsKey(identity) || contents.underWay.containsKey(identity));
    }

    /** How many documents wait for vectors behind those that are being embedded, for tests. */
    synchronized int needVectors() {
        return live.needsVectors.size();
    }

    /** About how many bytes of changes wait or are under way. */
    synchronized long bytes() {
        return live.bytes + backfill.bytes;
    }

    /** Wakes everyone; nothing is taken or put any more. */
    synchronized void close() {
        closed = true;
        notifyAll();
    }

    private Contents of(Lane lane) {
        return switch (lane) {
            case LIVE -> live;
            case BACKFILL -> backfill;
        };
    }

    /** The keys of documents that wait in a lane, for tests. */
    synchronized Collection<DocumentKey> waitingKeys(Lane lane) {
        return of(lane).waiting.values().stream()
                .sorted(Comparator.comparingLong(Work::place))
                .map(Work::key)
                .toList();
    }
}
