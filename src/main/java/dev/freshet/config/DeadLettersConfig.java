package dev.freshet.config;

import static java.util.Objects.requireNonNull;

/**
 * How many dead letters are kept.
 *
 * @param max the most bytes of them
 * @param whenFull what becomes of one more
 */
public record DeadLettersConfig(
        @Key(byDefault = "16MiB", min = "4KiB", max = "1GiB", value = """
                        The most bytes of dead letters, about 600 for each. A warning comes before, at four fifths.""")
        ByteSize max,

        @Key(byDefault = "halt", value = """
                        What happens when they are full: `halt` holds the changes back until letters were replayed or \
                        discarded; `drop-oldest` forgets the oldest ones.""") WhenFull whenFull) {

    public DeadLettersConfig {
        requireNonNull(max);
        requireNonNull(whenFull);
    }
}
