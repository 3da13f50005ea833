package dev.freshet.pipeline;

import dev.freshet.change.SourcePosition;
import dev.freshet.source.ChangeBatch;
import dev.freshet.source.ChangeBatch.Acknowledgement;
import org.jspecify.annotations.Nullable;

/**
 * The events that came from one source and how far they can be found and are durable. The checkpoint of a source moves
 * only here, and only over events without a gap before them.
 */
final class Intake {

    /** Without the event itself, so that what is done with does not stay in memory. */
    private record Place(long number, Acknowledgement acknowledgement, int count, SourcePosition position) {}

    private final Contiguous<Place> places = new Contiguous<>();
    private long numbers;
    private long acknowledged;

    /**
     * Adds an event; its effect is complete when what is returned was run once for each of its parts, and once more by
     * who added it.
     */
    synchronized Runnable add(ChangeBatch batch, int place, int parts) {
        numbers++;
        SourcePosition position = batch.events().get(place).position();
        return places.add(new Place(numbers, batch.acknowledgement(), place + 1, position), parts)::done;
    }

    /** Where the last event is up to which everything can be found. */
    @Nullable SourcePosition searchable() {
        Place place = places.finished();
        return place == null ? null : place.position();
    }

    /** Where the first event is that cannot be found yet. */
    @Nullable SourcePosition oldestPending() {
        Place place = places.oldestOpen();
        return place == null ? null : place.position();
    }

    int pending() {
        return places.open();
    }

    /** What can be acknowledged once the index was flushed after this call; null when there is nothing new. */
    synchronized @Nullable Runnable toAcknowledge() {
        Place place = places.finished();
        if (place == null || place.number() == acknowledged) {
            return null;
        }
        return () -> acknowledge(place);
    }

    private synchronized void acknowledge(Place place) {
        place.acknowledgement().durable(place.count());
        acknowledged = place.number();
    }
}
