package dev.freshet.pipeline;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Items in order that are finished out of order, and how far they are finished without a gap. This is what decides a
 * checkpoint. Thread-safe.
 */
final class Contiguous<T> {

    /** An item under way. */
    final class Item {
        private final T value;
        private int parts;

        private Item(T value, int parts) {
            this.value = value;
            this.parts = parts;
        }

        /** One part of the item is finished. */
        void done() {
            synchronized (Contiguous.this) {
                if (parts <= 0) {
                    throw new IllegalStateException("finished more often than it has parts");
                }
                parts--;
                while (!open.isEmpty() && open.getFirst().parts == 0) {
                    finished = open.removeFirst().value;
                }
            }
        }
    }

    private final Deque<Item> open = new ArrayDeque<>();
    private @Nullable T finished;

    /** Adds an item with a number of parts; one without parts is finished when all before it are. */
    synchronized Item add(T value, int parts) {
        // One part more than asked for, finished at once, so that an item without parts moves the end as well.
        var item = new Item(value, parts + 1);
        open.addLast(item);
        return item;
    }

    /** The last item before the first unfinished one; null before the first. */
    synchronized @Nullable T finished() {
        return finished;
    }

    /** The first unfinished item; null when there is none. */
    synchronized @Nullable T oldestOpen() {
        return open.isEmpty() ? null : open.getFirst().value;
    }

    /** How many items are not behind {@link #finished}. */
    synchronized int open() {
        return open.size();
    }
}
