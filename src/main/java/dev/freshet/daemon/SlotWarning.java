package dev.freshet.daemon;

import dev.freshet.config.ByteSize;
import dev.freshet.source.Slot;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Warns once when the server keeps too much log for the slot, and says once when that is over. One thread sees. */
final class SlotWarning {

    private static final Logger LOG = LoggerFactory.getLogger(SlotWarning.class);

    /** It is over at nine tenths, so that a slot at the threshold does not warn again and again. */
    private static final double OVER = 0.9;

    private final String name;
    private final ByteSize threshold;
    private volatile @Nullable String current;

    SlotWarning(String name, ByteSize threshold) {
        this.name = name;
        this.threshold = threshold;
    }

    void see(Slot slot) {
        boolean warned = current != null;
        long kept = slot.retainedBytes();
        if (warned ? kept >= OVER * threshold.bytes() : kept > threshold.bytes()) {
            current = "the server keeps %s of log for slot %s, more than source.slotWarning (%s): it is %s behind"
                    .formatted(DatabaseChecks.bytes(kept), name, threshold, DatabaseChecks.bytes(slot.lagBytes()));
            if (!warned) {
                LOG.warn(
                        "slot keeps too much log slot={} retained_bytes={} lag_bytes={} threshold={}",
                        name,
                        kept,
                        slot.lagBytes(),
                        threshold);
            }
        } else if (warned) {
            current = null;
            LOG.info("slot keeps little log again slot={} retained_bytes={}", name, kept);
        }
    }

    /** What is wrong now; null when nothing is. */
    @Nullable String current() {
        return current;
    }
}
