package dev.freshet.pipeline;

import dev.freshet.change.Version;
import dev.freshet.document.DocumentKey;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
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
 */
final class Backlog {

    /** A backfill has one part in this many of the room. */
    private static final long BACKFILL_SHARE = 4;

    /** Documents of one lane that a worker took; or a truncation, alone. */
    record Batch(Lane lane, List<Work> works, @Nullable Truncation truncation) {}

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
        private final Map<Identity, Work> waiting = new LinkedHashMap<>();
        private final Map<Identity, Work> underWay = new HashMap<>();
        private long bytes;

        private Contents(long capacity) {
            this.capacity = capacity;
        }

        private boolean hasRoomFor(Work work) {
            return bytes == 0 || bytes + work.bytes() <= capacity;
        }

        private void giveUpFor(Work later, Identity identity) {
            Work earlier = waiting.get(identity);
            if (earlier != null) {
                later.replace(earlier);
                bytes -= earlier.heldBytes();
            }
        }
    }

    private final Contents live;
    private final Contents backfill;
    private final Queue<Truncation> truncations = new ArrayDeque<>();
    private boolean truncating;
    private boolean closed;

    /** An empty backlog for about this many bytes of changes. */
    Backlog(long capacity) {
        backfill = new Contents(capacity / BACKFILL_SHARE);
        live = new Contents(capacity - capacity / BACKFILL_SHARE);
    }

    /** Adds work, in place of what waits for the same document; blocks while there is no room in the lane. */
    synchronized void put(Work work, Lane lane) throws InterruptedException {
        while (!closed && !of(lane).hasRoomFor(work)) {
            wait();
        }
        add(work, lane);
    }

    /** The same without blocking, for those who {@linkplain #awaitBackfillBelow waited for room} before. */
    synchronized void add(Work work, Lane lane) {
        if (closed) {
            return;
        }
        var identity = Identity.of(work);
        boolean first = lane == Lane.LIVE || live.waiting.containsKey(identity) || live.underWay.containsKey(identity);
        Contents contents = first ? live : backfill;
        live.giveUpFor(work, identity);
        backfill.giveUpFor(work, identity);
        if (first) {
            backfill.waiting.remove(identity);
        }
        contents.waiting.put(identity, work);
        contents.bytes += work.heldBytes();
        notifyAll();
    }

    /** Adds a truncation; what waits or is under way of its mapping is pointless from here on, and done when it is. */
    synchronized void put(Truncation truncation) {
        var pointless = new ArrayList<Work>();
        for (Contents contents : List.of(live, backfill)) {
            Iterator<Work> works = contents.waiting.values().iterator();
            while (works.hasNext()) {
                Work work = works.next();
                if (work.target().equals(truncation.target())) {
                    works.remove();
                    contents.bytes -= work.heldBytes();
                    pointless.add(work);
                }
            }
        }
        truncations.add(new Truncation(truncation.target(), truncation.version(), () -> {
            pointless.forEach(Work::done);
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
            if (lane == Lane.LIVE && !truncations.isEmpty()) {
                truncating = true;
                return new Batch(lane, List.of(), truncations.remove());
            }
            boolean blocked = lane == Lane.BACKFILL && (truncating || !truncations.isEmpty());
            List<Work> works = blocked ? List.of() : takeWaiting(of(lane), documents, maxBytes);
            if (!works.isEmpty()) {
                notifyAll();
                return new Batch(lane, works, null);
            }
            wait();
        }
        return null;
    }

    private List<Work> takeWaiting(Contents contents, int documents, long maxBytes) {
        var taken = new ArrayList<Work>();
        long takenBytes = 0;
        Iterator<Map.Entry<Identity, Work>> entries =
                contents.waiting.entrySet().iterator();
        while (entries.hasNext() && taken.size() < documents) {
            Map.Entry<Identity, Work> entry = entries.next();
            Work work = entry.getValue();
            if (contents.underWay.containsKey(entry.getKey())) {
                continue;
            }
            if (!taken.isEmpty() && takenBytes + work.bytes() > maxBytes) {
                break;
            }
            Work backfilled = backfill.underWay.get(entry.getKey());
            if (backfilled != null) {
                backfilled.supersede();
            }
            entries.remove();
            contents.underWay.put(entry.getKey(), work);
            taken.add(work);
            takenBytes += work.bytes();
        }
        return taken;
    }

    /** Those of the works that no later one of the live lane has superseded. */
    synchronized List<Work> stillWanted(List<Work> works) {
        return works.stream().filter(work -> !work.isSuperseded()).toList();
    }

    /** Works of the backfill lane of a target that is being truncated are pointless. */
    synchronized void supersedeUnderWay(Target target) {
        for (Work work : backfill.underWay.values()) {
            if (work.target().equals(target)) {
                work.supersede();
            }
        }
    }

    /** The batch is finished, and so is each of its works. */
    void release(Batch batch) {
        synchronized (this) {
            Contents contents = of(batch.lane());
            for (Work work : batch.works()) {
                contents.underWay.remove(Identity.of(work));
                contents.bytes -= work.heldBytes();
            }
            if (batch.truncation() != null) {
                truncating = false;
            }
            notifyAll();
        }
        batch.works().forEach(Work::done);
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
        return of(lane).waiting.values().stream().map(Work::key).toList();
    }
}
