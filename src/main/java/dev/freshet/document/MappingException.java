package dev.freshet.document;

/**
 * A mapping that cannot work whatever the rows are. Its message is for people: the mapping, what is wrong and where, and
 * the way out.
 */
public final class MappingException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String mapping;
    private final String part;
    private final String problem;

    MappingException(String mapping, String part, String problem) {
        super("mapping '%s', %s: %s".formatted(mapping, part, problem));
        this.mapping = mapping;
        this.part = part;
        this.problem = problem;
    }

    /** The mapping's name. */
    public String mapping() {
        return mapping;
    }

    /** Which of its parts is wrong: {@code name}, {@code metadata}, {@code id}, {@code text} or {@code when}. */
    public String part() {
        return part;
    }

    /** What is wrong with it, without saying which mapping and part it is. */
    public String problem() {
        return problem;
    }
}
