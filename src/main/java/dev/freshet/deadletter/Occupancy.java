package dev.freshet.deadletter;

import dev.freshet.config.WhenFull;

/**
 * How full the dead letters are.
 *
 * @param bytes what they take
 * @param max the most they may take
 * @param whenFull what becomes of one more
 */
public record Occupancy(long bytes, long max, WhenFull whenFull) {

    /** Whether four fifths are taken. */
    public boolean isNearlyFull() {
        return isNearlyFull(bytes, max);
    }

    static boolean isNearlyFull(long bytes, long max) {
        return bytes * 5 >= max * 4;
    }
}
