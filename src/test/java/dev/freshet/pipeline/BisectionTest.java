package dev.freshet.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.index.IndexException;
import dev.freshet.index.IndexException.Kind;
import dev.freshet.source.SourceException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

final class BisectionTest {

    @Property
    void findsThoseAtFaultAndHandsOnAllOthersOnceInOrder(
            @ForAll @IntRange(max = 600) int count, @ForAll @Size(max = 4) Set<@IntRange(max = 599) Integer> bad) {
        List<Integer> items = IntStream.range(0, count).boxed().toList();
        var passed = new ArrayList<Integer>();
        var refused = new ArrayList<Integer>();

        Bisection.call(
                items,
                some -> {
                    if (some.stream().anyMatch(bad::contains)) {
                        throw SourceException.permanent("no");
                    }
                    passed.addAll(some);
                },
                (item, e) -> refused.add(item));

        assertThat(refused).isEqualTo(items.stream().filter(bad::contains).toList());
        assertThat(passed)
                .isEqualTo(items.stream().filter(item -> !bad.contains(item)).toList());
    }

    @Test
    void oneAmongFiveHundredTakesAFewCalls() {
        var calls = new AtomicInteger();
        Bisection.call(
                IntStream.range(0, 500).boxed().toList(),
                some -> {
                    calls.incrementAndGet();
                    if (some.contains(137)) {
                        throw new IndexException(Kind.PERMANENT, "no", null);
                    }
                },
                (item, e) -> assertThat(item).isEqualTo(137));

        assertThat(calls).hasValueLessThanOrEqualTo(19);
    }

    @Test
    void tooMuchAtOnceIsHalvedUntilItFits() {
        var sizes = new ArrayList<Integer>();
        Bisection.call(
                IntStream.range(0, 16).boxed().toList(),
                some -> {
                    if (some.size() > 4) {
                        throw new IndexException(Kind.OVERLOADED, "less, please", null);
                    }
                    sizes.add(some.size());
                },
                (item, e) -> {
                    throw new AssertionError(item);
                });

        assertThat(sizes).containsExactly(4, 4, 4, 4);
    }

    @Test
    void whatIsNoItemsFaultIsThrown() {
        for (RuntimeException failure : List.of(
                new IndexException(Kind.TRANSIENT, "away", null),
                new IndexException(Kind.OVERLOADED, "later", Duration.ofSeconds(1), null),
                SourceException.transientFailure("away", null),
                new IllegalStateException("a bug"))) {
            assertThatThrownBy(() -> Bisection.call(
                            List.of(1, 2),
                            some -> {
                                throw failure;
                            },
                            (item, e) -> {
                                throw new AssertionError(item);
                            }))
                    .isSameAs(failure);
        }
    }
}
