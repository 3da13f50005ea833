package dev.freshet.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Finds the name that somebody probably meant. */
public final class Suggestion {

    private Suggestion() {}

    /** {@code ": did you mean 'text'?"}, or nothing when no name is near. */
    static String of(String wrong, Collection<String> names) {
        return nearest(wrong, names)
                .map(name -> ": did you mean '" + name + "'?")
                .orElse("");
    }

    /** The name that is near, if one is. Case, {@code -} and {@code _} do not count. */
    public static Optional<String> nearest(String wrong, Collection<String> names) {
        Optional<String> nearest = names.stream()
                .min(Comparator.comparingInt((String name) -> distance(plain(wrong), plain(name)))
                        .thenComparing(Comparator.naturalOrder()));
        return nearest.filter(name -> distance(plain(wrong), plain(name)) <= Math.min(3, name.length() / 2));
    }

    private static String plain(String name) {
        return name.toLowerCase(Locale.ROOT).replaceAll("[-_]", "");
    }

    /** Levenshtein's: how many letters to insert, remove or replace. */
    static int distance(String from, String to) {
        int[] row = new int[to.length() + 1];
        for (int j = 0; j <= to.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= from.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= to.length(); j++) {
                int replaced = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[to.length()];
    }
}
