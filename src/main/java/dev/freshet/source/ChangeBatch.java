package dev.freshet.source;

import dev.freshet.change.ChangeEvent;
import java.util.List;

/** Events in the order of the source, with the way to tell the source how far they are durable in the index. */
public record ChangeBatch(List<ChangeEvent> events, Acknowledgement acknowledgement) {

    public ChangeBatch {
        events = List.copyOf(events);
    }

    /** Moves the source's checkpoint. */
    @FunctionalInterface
    public interface Acknowledgement {

        /**
         * The first {@code count} events of the batch are durable, and so is everything handed out before them. Counts
         * grow; the source may skip saving some of them, but not the last.
         */
        void durable(int count);
    }
}
