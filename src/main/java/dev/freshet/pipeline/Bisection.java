package dev.freshet.pipeline;

import dev.freshet.index.IndexException;
import dev.freshet.source.SourceException;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** Finds the one of many that is at fault, in about twice the binary logarithm of their number calls. */
final class Bisection {

    private Bisection() {}

    /**
     * Makes the call for all; where it is refused for good or is too much at once, for each half, and so on. The single
     * one that is refused for good goes to {@code refused}; every other failure is thrown.
     */
    static <T> void call(List<T> items, Consumer<List<T>> call, BiConsumer<T, RuntimeException> refused) {
        if (items.isEmpty()) {
            return;
        }
        try {
            call.accept(items);
        } catch (IndexException | SourceException e) {
            boolean forGood = !Retries.isTransient(e) && !Retries.isBroken(e);
            if (items.size() == 1 && forGood) {
                refused.accept(items.getFirst(), e);
                return;
            }
            if (items.size() == 1 || !(forGood || Retries.isTooMuch(e))) {
                throw e;
            }
            int middle = items.size() / 2;
            call(items.subList(0, middle), call, refused);
            call(items.subList(middle, items.size()), call, refused);
        }
    }
}
