package dev.freshet.daemon;

import dev.freshet.diagnosis.Problem;
import dev.freshet.diagnosis.ProblemException;
import org.jspecify.annotations.Nullable;

/** The daemon cannot start; the message says what to do. */
public final class StartupException extends ProblemException {

    private static final long serialVersionUID = 1L;

    public StartupException(String message) {
        this(message, null);
    }

    public StartupException(Problem problem) {
        this(problem, null);
    }

    public StartupException(Problem problem, @Nullable Throwable cause) {
        super(problem, cause);
    }

    public StartupException(String message, @Nullable Throwable cause) {
        super(Problem.of(message, ""), cause);
    }
}
