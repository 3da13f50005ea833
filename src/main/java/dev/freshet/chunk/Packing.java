package dev.freshet.chunk;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Packs atoms into runs that fit. What does not fit is cut in two at its strongest boundary, and so on with both parts;
 * among equally strong boundaries the hash of what follows decides. So a cut depends on its surroundings, never on how
 * much text comes before it: an edit changes the run it falls in and seldom more. Filling runs from the start would move
 * every later cut.
 */
final class Packing {

    /** Says whether a run of atoms fits into one chunk. */
    @FunctionalInterface
    interface Budget {
        boolean fits(int from, int to);
    }

    private final Atoms.Row atoms;
    private final Budget budget;
    private final long smallest;
    private final Strength[] strengths;
    private final int[] hashes;
    private final int[] best;

    private Packing(Outline outline, Atoms.Row atoms, long smallest, Budget budget) {
        this.atoms = atoms;
        this.smallest = smallest;
        this.budget = budget;
        int count = atoms.count();
        this.strengths = new Strength[count];
        this.hashes = new int[count];
        this.best = new int[2 * count];
        for (int i = 0; i < count; i++) {
            strengths[i] = outline.strength(atoms.starts()[i]);
            hashes[i] = Hashes.local(outline.text(), atoms.starts()[i]);
            best[count + i] = i;
        }
        for (int i = count - 1; i > 0; i--) {
            best[i] = better(best[2 * i], best[2 * i + 1]);
        }
    }

    /**
     * Where the chunks of a text begin, with its end.
     *
     * @param smallest what a part costs at least, where its text can be cut so; sections that cost less are merged
     */
    static List<Integer> pack(Outline outline, Atoms.Row atoms, long smallest, Budget budget) {
        List<Integer> cuts = new ArrayList<>();
        cuts.add(0);
        if (atoms.count() > 0) {
            new Packing(outline, atoms, smallest, budget).cut(cuts);
        }
        return cuts;
    }

    private void cut(List<Integer> cuts) {
        Deque<int[]> open = new ArrayDeque<>();
        open.push(new int[] {0, atoms.count()});
        while (!open.isEmpty()) {
            int[] run = open.pop();
            int middle = boundary(run[0], run[1]);
            if (middle < 0) {
                cuts.add(atoms.starts()[run[1]]);
            } else {
                open.push(new int[] {middle, run[1]});
                open.push(new int[] {run[0], middle});
            }
        }
    }

    /** The atom before which a run is to be cut, or -1 where it stays whole. */
    private int boundary(int from, int to) {
        if (to - from == 1) {
            return -1;
        }
        int low = firstAtLeast(atoms.costs()[from] + smallest, from + 1, to);
        int high = firstAtLeast(atoms.costs()[to] - smallest + 1, from + 1, to);
        int middle = low < high ? best(low, high) : -1;
        if (budget.fits(from, to)) {
            boolean heading = middle >= 0 && strengths[middle].isHeading();
            return heading ? middle : -1;
        }
        return middle >= 0 ? middle : best(from + 1, to);
    }

    /** The first atom in {@code [from, to)} that begins at this cost or later, else {@code to}. */
    private int firstAtLeast(long cost, int from, int to) {
        int low = from;
        int high = to;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (atoms.costs()[middle] < cost) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** The best boundary in {@code [from, to)}, by a tournament tree, so that many equal boundaries cost no more. */
    private int best(int from, int to) {
        int winner = from;
        int low = from + hashes.length;
        int high = to + hashes.length;
        while (low < high) {
            if ((low & 1) == 1) {
                winner = better(winner, best[low++]);
            }
            if ((high & 1) == 1) {
                winner = better(winner, best[--high]);
            }
            low >>= 1;
            high >>= 1;
        }
        return winner;
    }

    /** The first of equals: so text that repeats itself is cut in one rhythm, wherever an edit falls. */
    private int better(int one, int other) {
        int stronger = strengths[one].compareTo(strengths[other]);
        if (stronger != 0) {
            return stronger > 0 ? one : other;
        }
        if (hashes[one] != hashes[other]) {
            return hashes[one] < hashes[other] ? one : other;
        }
        return Math.min(one, other);
    }
}
