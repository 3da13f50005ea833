package dev.freshet.config;

import java.util.List;
import java.util.stream.Collectors;

/** A configuration that cannot be used: everything that was found wrong with it, in words for people, without secrets. */
public final class ConfigException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** One thing that is wrong, and where. */
    public record Problem(SourceLocation location, String message) {

        @Override
        public String toString() {
            return location + ": " + message;
        }
    }

    private final transient List<Problem> problems;

    public ConfigException(List<Problem> problems) {
        super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
        this.problems = List.copyOf(problems);
    }

    /** What is wrong, in the order of the file. */
    public List<Problem> problems() {
        return problems;
    }
}
