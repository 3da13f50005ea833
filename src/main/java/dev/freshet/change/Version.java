package dev.freshet.change;

/**
 * The order of changes in a source's stream, which is the order of commits: first by the end of the transaction before
 * ({@code commit}), then by the place inside the transaction ({@code offset}).
 *
 * <p>For PostgreSQL both are LSNs. The LSN of a change alone would not do: a transaction that wrote earlier may commit
 * later. Equal versions are told apart by their order of arrival.
 */
public record Version(long commit, long offset) implements Comparable<Version> {

    /** Before every change. */
    public static final Version NONE = new Version(0, 0);

    @Override
    public int compareTo(Version other) {
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

    /** Both parts in hexadecimal, {@code commit-offset}, as {@link #parse} reads them. */
    @Override
    public String toString() {
        return Long.toHexString(commit) + "-" + Long.toHexString(offset);
    }

    /**
     * Reads what {@link #toString} wrote.
     *
     * @throws IllegalArgumentException if the text is no version
     */
    public static Version parse(String text) {
        int dash = text.indexOf('-');
        if (dash < 0) {
            throw new IllegalArgumentException("'" + text + "' is not a version");
        }
        return new Version(
                Long.parseUnsignedLong(text, 0, dash, 16), Long.parseUnsignedLong(text, dash + 1, text.length(), 16));
    }
}
