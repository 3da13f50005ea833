package dev.freshet.document;

import dev.freshet.change.Row;
import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Tells people about a column that a row does not have. */
final class ColumnNames {

    /** A table of more columns than this is not listed in full. */
    private static final int MOST_LISTED = 40;

    private ColumnNames() {}

    /** Passes if the row has the column. */
    static void require(String column, Row row) throws Refusal {
        if (!row.values().containsKey(column)) {
            throw new Refusal(missing(column, row.values().keySet()));
        }
    }

    /** Why a row of these columns does not do: the name nearest to the missing one, then the names there are. */
    static String missing(String column, Collection<String> present) {
        String suggestion = nearest(column, present)
                .map(name -> " (did you mean '" + name + "'?)")
                .orElse("");
        String more = present.size() > MOST_LISTED ? ", and " + (present.size() - MOST_LISTED) + " more" : "";
        String listed = String.join(", ", present.stream().limit(MOST_LISTED).toList());
        return "the row has no column '%s'%s; its columns are %s%s".formatted(column, suggestion, listed, more);
    }

    private static Optional<String> nearest(String column, Collection<String> present) {
        int tolerated = (column.length() + 1) / 3;
        return present.stream()
                .filter(name -> distance(column, name) <= tolerated)
                .min(Comparator.comparingInt(name -> distance(column, name)));
    }

    /** How many letters must be changed, added or removed to get from one name to the other, in any case. */
    private static int distance(String a, String b) {
        String from = a.toLowerCase(Locale.ROOT);
        String to = b.toLowerCase(Locale.ROOT);
        int[] previous = new int[to.length() + 1];
        for (int j = 0; j <= to.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= from.length(); i++) {
            int[] current = new int[to.length() + 1];
            current[0] = i;
            for (int j = 1; j <= to.length(); j++) {
                int replaced = previous[j - 1] + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
                current[j] = Math.min(replaced, 1 + Math.min(previous[j], current[j - 1]));
            }
            previous = current;
        }
        return previous[to.length()];
    }
}
