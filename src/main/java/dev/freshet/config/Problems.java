package dev.freshet.config;

import dev.freshet.config.ConfigException.Problem;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Collects what is wrong, so that a person can mend everything in one go. */
final class Problems {

    private static final Comparator<Problem> BY_PLACE = Comparator.comparing(
            Problem::location,
            Comparator.comparing((SourceLocation location) -> location.file().toString())
                    .thenComparingInt(SourceLocation::line)
                    .thenComparingInt(SourceLocation::column));

    private final List<Problem> found = new ArrayList<>();

    void add(SourceLocation location, String message) {
        found.add(new Problem(location, message));
    }

    void addAll(ConfigException other) {
        found.addAll(other.problems());
    }

    ConfigException toException() {
        return new ConfigException(found.stream().sorted(BY_PLACE).toList());
    }

    boolean isEmpty() {
        return found.isEmpty();
    }
}
