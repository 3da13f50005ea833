package dev.freshet.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.freshet.index.RankFusion.Fused;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class RankFusionTest {

    private static List<Fused<String>> fuse(int limit, List<String> one, List<String> other) {
        return RankFusion.fuse(List.of(one, other), Function.identity(), limit);
    }

    private static List<String> items(List<Fused<String>> fused) {
        return fused.stream().map(Fused::item).toList();
    }

    @Test
    void whatBothHaveComesBeforeWhatOneHas() {
        List<Fused<String>> fused = fuse(10, List.of("a", "b", "c"), List.of("d", "c"));

        assertThat(items(fused)).containsExactly("c", "a", "d", "b");
        assertThat((double) fused.get(0).score()).isCloseTo(1.0 / 63 + 1.0 / 62, within(1e-7));
        assertThat((double) fused.get(1).score()).isCloseTo(1.0 / 61, within(1e-7));
        assertThat((double) fused.get(3).score()).isCloseTo(1.0 / 62, within(1e-7));
    }

    @Test
    void equalScoresAreOrderedById() {
        assertThat(items(fuse(10, List.of("b", "c"), List.of("c", "b")))).containsExactly("b", "c");
        assertThat(items(fuse(10, List.of("z", "y"), List.of("x", "w")))).containsExactly("x", "z", "w", "y");
        assertThat(items(fuse(1, List.of("z"), List.of("x")))).containsExactly("x");
    }

    @Test
    void anEmptyRankingChangesNoOrder() {
        assertThat(items(fuse(10, List.of("b", "a"), List.of()))).containsExactly("b", "a");
        assertThat(fuse(10, List.of(), List.of())).isEmpty();
    }

    @Test
    void noMoreThanTheLimitIsKept() {
        List<String> names = IntStream.range(0, 300).mapToObj("%03d"::formatted).toList();

        assertThat(items(fuse(7, names, names))).isEqualTo(names.subList(0, 7));
        assertThat(fuse(1_000, names, names)).hasSize(300);
        List<String> reversed =
                names.stream().sorted(Collections.reverseOrder()).toList();
        assertThat(items(fuse(2, names, reversed))).containsExactly("000", "299");
    }

    @Test
    void rankingsAreDeepEnoughForTheLimitAndNeverShallow() {
        assertThat(List.of(RankFusion.depth(1), RankFusion.depth(100), RankFusion.depth(101)))
                .containsExactly(100, 100, 101);
    }
}
