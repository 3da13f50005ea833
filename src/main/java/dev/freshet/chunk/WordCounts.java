package dev.freshet.chunk;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToIntFunction;

/**
 * Counts a text as the sum of its words, for tokenizers of which that is true, and remembers what words cost: a native
 * tokenizer takes as long for a text as a model of this size takes for a twentieth of it, and chunking counts every text
 * at least twice.
 *
 * <p>Thread-safe. Holds a bounded number of short words, some megabytes at most.
 */
final class WordCounts {

    private static final int LONGEST = 32;
    private static final int MOST = 1 << 16;

    private final ToIntFunction<String> counter;
    private final Map<String, Integer> known = new ConcurrentHashMap<>();

    /** @param counter counts a text of which a space or a line break is no part of any token */
    WordCounts(ToIntFunction<String> counter) {
        this.counter = counter;
    }

    /** What the text costs. */
    int count(String text) {
        int sum = 0;
        int start = 0;
        for (int i = 0; i <= text.length(); i++) {
            if (i == text.length() || isBetweenWords(text.charAt(i))) {
                if (i > start) {
                    sum += word(text.substring(start, i));
                }
                start = i + 1;
            }
        }
        return sum;
    }

    /** Only what every tokenizer takes for whitespace; other whitespace stays in a word, which costs the same. */
    private static boolean isBetweenWords(char c) {
        return c == ' ' || c == '\n';
    }

    private int word(String word) {
        if (word.length() > LONGEST) {
            return counter.applyAsInt(word);
        }
        Integer count = known.get(word);
        if (count != null) {
            return count;
        }
        int counted = counter.applyAsInt(word);
        if (known.size() >= MOST) {
            known.clear();
        }
        known.put(word, counted);
        return counted;
    }
}
