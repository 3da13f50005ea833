package dev.freshet.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class ContiguousTest {

    private record Part(int item, Contiguous<Integer>.Item of) {}

    @Property(tries = 300)
    void finishedIsTheLongestPrefixWithoutAGap(
            @ForAll @Size(min = 1, max = 30) List<@IntRange(min = 0, max = 3) Integer> partsOfItems,
            @ForAll long seed) {
        var items = new Contiguous<Integer>();
        var parts = new ArrayList<Part>();
        int[] open = new int[partsOfItems.size()];
        for (int i = 0; i < partsOfItems.size(); i++) {
            open[i] = partsOfItems.get(i) + 1;
            var item = items.add(i, partsOfItems.get(i));
            for (int part = 0; part < open[i]; part++) {
                parts.add(new Part(i, item));
            }
        }
        Collections.shuffle(parts, new Random(seed));

        for (Part part : parts) {
            part.of().done();
            open[part.item()]--;
            int prefix = prefix(open);
            assertThat(items.finished()).isEqualTo(prefix == 0 ? null : Integer.valueOf(prefix - 1));
            assertThat(items.oldestOpen()).isEqualTo(prefix == open.length ? null : Integer.valueOf(prefix));
            assertThat(items.open()).isEqualTo(open.length - prefix);
        }
    }

    private static int prefix(int[] open) {
        int prefix = 0;
        while (prefix < open.length && open[prefix] == 0) {
            prefix++;
        }
        return prefix;
    }

    @Test
    void knowsNothingAtFirst() {
        var items = new Contiguous<String>();

        @Nullable String finished = items.finished();
        assertThat(finished).isNull();
        assertThat(items.oldestOpen()).isNull();
    }

    @Test
    void anItemIsNotFinishedMoreOftenThanItHasParts() {
        var items = new Contiguous<String>();
        var item = items.add("a", 1);
        item.done();
        item.done();

        assertThatThrownBy(item::done).isInstanceOf(IllegalStateException.class);
        assertThat(items.finished()).isEqualTo("a");
    }
}
