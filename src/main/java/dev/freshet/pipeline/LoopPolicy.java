package dev.freshet.pipeline;

import static java.util.Objects.requireNonNull;

import dev.freshet.config.Delivery;
import java.time.Duration;

/**
 * What the loop does where there is a choice.
 *
 * @param delivery what a crash may do to the changes that are under way
 * @param window for so long after a document was written its next new text waits for yet newer ones
 */
public record LoopPolicy(Delivery delivery, Duration window) {

    /** Nothing is lost, and nothing waits. */
    public static final LoopPolicy DEFAULT = new LoopPolicy(Delivery.EFFECTIVELY_ONCE, Duration.ZERO);

    public LoopPolicy {
        requireNonNull(delivery);
        requireNonNull(window);
    }
}
