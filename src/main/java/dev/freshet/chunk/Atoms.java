package dev.freshet.chunk;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The smallest parts that a text is packed from: sentences or lines, cut further where they are long. Each is counted
 * once; a run of them costs the sum, which is exact for tokenizers that work word by word and near enough for others.
 */
final class Atoms {

    /** No word of a language has so many characters per token; what has is an unknown word, one token however long. */
    private static final int CHARACTERS_PER_TOKEN = 16;

    /** A part with more characters per token is cut before it is counted, so that dense text is not counted again and again. */
    private static final int CHARACTERS_WORTH_COUNTING = 2;

    private final Outline outline;
    private final Tokenizer tokenizer;
    private final int limit;
    private final List<Integer> starts = new ArrayList<>();
    private final List<Integer> costs = new ArrayList<>();

    private Atoms(Outline outline, Tokenizer tokenizer, int limit) {
        this.outline = outline;
        this.tokenizer = tokenizer;
        this.limit = limit;
    }

    /** The atoms' starts with the text's end; and the costs of everything before each of them. */
    record Row(int[] starts, long[] costs) {

        int count() {
            return starts.length - 1;
        }

        long cost(int from, int to) {
            return costs[to] - costs[from];
        }
    }

    /**
     * Cuts a text into atoms of at most {@code limit} tokens, or single code points where these cost more. Nothing, if the
     * text has nothing to embed.
     */
    static Row of(Outline outline, Tokenizer tokenizer, int limit) {
        Atoms atoms = new Atoms(outline, tokenizer, limit);
        int length = outline.text().length();
        int start = 0;
        for (int i = 1; i <= length; i++) {
            if (i == length || outline.strength(i) != Strength.NONE) {
                atoms.add(start, i);
                start = i;
            }
        }
        return atoms.row(length);
    }

    private void add(int from, int to) {
        if (!tryAdd(from, to)) {
            outline.markInside(from, to);
            cut(from, to);
        }
    }

    private void cut(int from, int to) {
        int middle = outline.cutInside(from, to);
        if (middle < 0) {
            push(from, cost(from, to));
            return;
        }
        if (!tryAdd(from, middle)) {
            cut(from, middle);
        }
        if (!tryAdd(middle, to)) {
            cut(middle, to);
        }
    }

    private boolean tryAdd(int from, int to) {
        if (to - from > (long) limit * CHARACTERS_WORTH_COUNTING) {
            return false;
        }
        int cost = cost(from, to);
        if (cost > limit) {
            return false;
        }
        push(from, cost);
        return true;
    }

    private int cost(int from, int to) {
        String part = outline.text().substring(from, to);
        int tokens = tokenizer.count(part);
        return tokens == 0 ? 0 : Math.max(tokens, part.strip().length() / CHARACTERS_PER_TOKEN);
    }

    /** A part of nothing but whitespace (or characters the model does not see) joins the part before it if it can. */
    private void push(int from, int cost) {
        if (!starts.isEmpty() && cost == 0) {
            return;
        }
        if (!costs.isEmpty() && costs.getLast() == 0) {
            costs.set(costs.size() - 1, cost);
            return;
        }
        starts.add(from);
        costs.add(cost);
    }

    private Row row(int length) {
        if (costs.isEmpty() || costs.getLast() == 0) {
            return new Row(new int[] {length}, new long[1]);
        }
        int[] positions =
                Arrays.copyOf(starts.stream().mapToInt(Integer::intValue).toArray(), starts.size() + 1);
        positions[starts.size()] = length;
        long[] sums = new long[costs.size() + 1];
        for (int i = 0; i < costs.size(); i++) {
            sums[i + 1] = sums[i] + costs.get(i);
        }
        return new Row(positions, sums);
    }
}
