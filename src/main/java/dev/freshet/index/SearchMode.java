package dev.freshet.index;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** The ways to search, by the names that people and programs use. */
public enum SearchMode {
    /** By meaning: {@link IndexQuery.Dense}. */
    DENSE,
    /** By words: {@link IndexQuery.Lexical}. */
    LEXICAL,
    /** By both: {@link IndexQuery.Hybrid}. */
    HYBRID;

    /** The mode of this name, if there is one. */
    public static Optional<SearchMode> named(String name) {
        return Arrays.stream(values())
                .filter(mode -> mode.toString().equals(name))
                .findFirst();
    }

    /** All names, for messages. */
    public static String names() {
        return Arrays.stream(values()).map(SearchMode::toString).collect(Collectors.joining(", "));
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
