package dev.freshet.index;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Reciprocal rank fusion: an item's score is the sum of 1/(60 + rank) over the rankings that have it, ranks counted from
 * one. It asks nothing of the scores behind the rankings, which need not be comparable.
 *
 * <p>Of chunks that share a text it prefers none to another but by id: they have equal scores in each ranking, and both
 * rankings order equals by id.
 */
public final class RankFusion {

    /** Cormack, Clarke and Büttcher's constant, which everybody uses. */
    private static final int K = 60;

    /** With fewer, what both rankings have would depend on how many hits are asked for. */
    private static final int FEWEST_CANDIDATES = 100;

    /** An item with its score. */
    public record Fused<T>(T item, float score) {}

    private RankFusion() {}

    /** How deep each ranking must be for an answer of so many. */
    public static int depth(int limit) {
        return Math.max(FEWEST_CANDIDATES, limit);
    }

    /** What a ranking adds to the score of the item that it has at this rank, from one. */
    public static double share(int rank) {
        return 1.0 / (K + rank);
    }

    /**
     * The best of the items of all rankings, those of equal score by their ids.
     *
     * @param rankings each best first, without repetition
     * @param id tells whether two items are the same
     */
    public static <T> List<Fused<T>> fuse(List<List<T>> rankings, Function<T, String> id, int limit) {
        Map<String, Double> scores = new LinkedHashMap<>();
        Map<String, T> items = new LinkedHashMap<>();
        for (List<T> ranking : rankings) {
            int rank = 1;
            for (T item : ranking) {
                String name = id.apply(item);
                items.putIfAbsent(name, item);
                scores.merge(name, share(rank++), Double::sum);
            }
        }
        Comparator<Fused<T>> best = Comparator.comparing(Fused<T>::score, Comparator.reverseOrder())
                .thenComparing(fused -> id.apply(fused.item()));
        var fused = new ArrayList<Fused<T>>();
        items.forEach((name, item) ->
                fused.add(new Fused<>(item, scores.getOrDefault(name, 0.0).floatValue())));
        fused.sort(best);
        return List.copyOf(fused.subList(0, Math.min(limit, fused.size())));
    }
}
