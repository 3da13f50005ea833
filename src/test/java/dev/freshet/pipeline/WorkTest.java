package dev.freshet.pipeline;

import static dev.freshet.pipeline.Changes.ARTICLES;
import static dev.freshet.pipeline.Changes.delete;
import static dev.freshet.pipeline.Changes.upsert;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.change.ChangeEvent.Origin;
import dev.freshet.change.ChangeEvent.RowUpserted;
import dev.freshet.change.Row;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class WorkTest {

    private static long bytes(Object value) {
        return Work.bytesOf(new RowUpserted(
                ARTICLES, Changes.key(1), Row.of(Map.of("value", value)), Origin.LIVE, Changes.at(1), null));
    }

    @Test
    void countsWhatIsLarge() {
        assertThat(bytes("x".repeat(10_000)) - bytes("")).isEqualTo(20_000);
        assertThat(bytes(new byte[10_000]) - bytes(new byte[0])).isEqualTo(10_000);
        assertThat(bytes(List.of("x".repeat(1_000), "y".repeat(1_000)))).isGreaterThan(4_000);
        assertThat(bytes(Map.of("nested", Map.of("text", "x".repeat(1_000))))).isGreaterThan(2_000);
        assertThat(bytes(1L)).isBetween(100L, 1_000L);
        assertThat(Work.bytesOf(delete(1, 1))).isBetween(100L, 1_000L);
    }

    @Test
    void countsColumnsThatAreNull() {
        assertThat(Work.bytesOf(upsert(ARTICLES, 1, 1, "", null, Origin.LIVE))).isPositive();
    }

    @Test
    void standsForTheOnesItReplaced() {
        var done = new ArrayList<Integer>();
        Target target = Changes.target(ARTICLES);
        var first = new Work(target, upsert(1, 1, "one"), () -> done.add(1));
        var second = new Work(target, upsert(1, 2, "two"), () -> done.add(2));
        var third = new Work(target, upsert(1, 3, "three"), () -> done.add(3));

        second.replace(first);
        third.replace(second);
        third.done();

        assertThat(done).containsExactly(1, 2, 3);
        assertThat(third.heldBytes()).isEqualTo(first.bytes() + second.bytes() + third.bytes());
    }

    @Test
    void anyNumberOfChangesOfOneDocumentCanBeReplaced() {
        var done = new ArrayList<Integer>();
        Target target = Changes.target(ARTICLES);
        var last = new Work(target, upsert(1, 0, ""), () -> done.add(0));
        for (int i = 1; i < 200_000; i++) {
            int number = i;
            var next = new Work(target, delete(1, i), () -> done.add(number));
            next.replace(last);
            last = next;
        }

        last.done();

        assertThat(done).hasSize(200_000).isSorted();
    }
}
