package dev.freshet.config;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * What becomes of many changes of one document in a short time.
 *
 * @param window for so long after a document was written its next new text waits, for yet newer ones
 */
public record CoalesceConfig(
        @Key(byDefault = "0s", min = "0s", max = "10m", value = """
                        A document is embedded at most once in this time: its first change at once, those that follow \
                        together when it is over, as the last one left it. With 0s only what waits anyway is \
                        taken together. Deletes and changes that need no embedding do not wait.""")
        Duration window) {

    public CoalesceConfig {
        requireNonNull(window);
    }
}
