package dev.freshet.source;

import dev.freshet.diagnosis.Problem;
import dev.freshet.diagnosis.ProblemException;
import java.sql.SQLException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The source cannot be captured or read; the message says what to do. */
public final class SourceException extends ProblemException {

    private static final long serialVersionUID = 1L;

    /**
     * What PostgreSQL says to columns or tables that are not there, and to casts between types that do not suit: undefined
     * column, undefined table, invalid schema, cannot coerce, datatype mismatch.
     */
    private static final Set<String> OTHER_DEFINITION = Set.of("42703", "42P01", "3F000", "42846", "42804");

    private final boolean permanent;

    private SourceException(Problem problem, @Nullable Throwable cause, boolean permanent) {
        super(problem, cause);
        this.permanent = permanent;
    }

    /** Something that only a person can change. */
    public static SourceException permanent(Problem problem) {
        return new SourceException(problem, null, true);
    }

    /** Something that only a person can change; the message says what to do as well. */
    public static SourceException permanent(String message) {
        return permanent(Problem.of(message, ""));
    }

    /** The database did not answer as expected; it may later. */
    public static SourceException transientFailure(String message, @Nullable Throwable cause) {
        return transientFailure(Problem.of(message, ""), cause);
    }

    /** The database did not answer as expected; it may later. */
    public static SourceException transientFailure(Problem problem, @Nullable Throwable cause) {
        return new SourceException(problem, cause, false);
    }

    /** Whether trying again is pointless. */
    public boolean isPermanent() {
        return permanent;
    }

    /** Whether the table is not as it was when its columns were read: altered, or gone. */
    public boolean isOtherDefinition() {
        return getCause() instanceof SQLException sql && OTHER_DEFINITION.contains(String.valueOf(sql.getSQLState()));
    }
}
