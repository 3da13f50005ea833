package dev.freshet.deadletter;

import dev.freshet.config.WhenFull;

/**
 * How full the dead letters are.
 *
 * @param bytes what they take
 * @param max the most they may take
 * @param whenFull what becomes of one more
 * @param level how near that is
 */
public record Occupancy(long bytes, long max, WhenFull whenFull, Level level) {

    /** How near the bound is. */
    public enum Level {
        /** There is room. */
        OK,
        /** Four fifths are taken. */
        NEARLY_FULL,
        /** A letter found no room, and its change waits. */
        HALTED
    }

    static boolean isNearlyFull(long bytes, long max) {
        return bytes * 5 >= max * 4;
    }
}
