package dev.freshet.change;

/**
 * The order of changes in a source's stream, which is the order of commits: first by the epoch, then by the end of the
 * transaction before ({@code commit}), then by the place inside the transaction ({@code offset}).
 *
 * <p>For PostgreSQL the last two are LSNs. The LSN of a change alone would not do: a transaction that wrote earlier may
 * commit later. Equal versions are told apart by their order of arrival.
 *
 * @param epoch counts how often the log began anew, so that what comes after orders after all that was; from 0
 */
public record Version(int epoch, long commit, long offset) implements Comparable<Version> {

    /** Before every change. */
    public static final Version NONE = new Version(0, 0);

    public Version {
        if (epoch < 0) {
            throw new IllegalArgumentException("epoch " + epoch);
        }
    }

    /** In the first epoch. */
    public Version(long commit, long offset) {
        this(0, commit, offset);
    }

    @Override
    public int compareTo(Version other) {
        int byEpoch = Integer.compare(epoch, other.epoch);
        if (byEpoch != 0) {
            return byEpoch;
        }
        int byCommit = Long.compareUnsigned(commit, other.commit);
        return byCommit != 0 ? byCommit : Long.compareUnsigned(offset, other.offset);
    }

    /** The later of two versions. */
    public static Version max(Version a, Version b) {
        return a.compareTo(b) >= 0 ? a : b;
    }

    /** The place in the log as PostgreSQL writes it, {@code 0/16B3748}. */
    public String lsn() {
        return "%X/%X".formatted(offset >>> 32, offset & 0xFFFF_FFFFL);
    }

    /**
     * The parts in hexadecimal, {@code commit-offset}, and in a later epoch {@code epoch-commit-offset}, as {@link #parse}
     * reads them.
     */
    @Override
    public String toString() {
        String inEpoch = Long.toHexString(commit) + "-" + Long.toHexString(offset);
        return epoch == 0 ? inEpoch : Integer.toHexString(epoch) + "-" + inEpoch;
    }

    /**
     * Reads what {@link #toString} wrote.
     *
     * @throws IllegalArgumentException if the text is no version
     */
    public static Version parse(String text) {
        String[] parts = text.split("-", -1);
        if (parts.length != 2 && parts.length != 3) {
            throw new IllegalArgumentException("'" + text + "' is not a version");
        }
        int last = parts.length - 1;
        return new Version(
                parts.length == 2 ? 0 : Integer.parseInt(parts[0], 16),
                Long.parseUnsignedLong(parts[last - 1], 16),
                Long.parseUnsignedLong(parts[last], 16));
    }
}
