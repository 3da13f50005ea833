package dev.freshet.diagnosis;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * What a check found.
 *
 * @param check the check's name
 * @param found what there is, or why it was not looked at; empty when the problems say everything
 * @param problems what is wrong or doubtful
 */
public record Finding(String check, Status status, String found, List<Problem> problems) {

    /** How it stands. */
    public enum Status {
        OK,
        /** Freshet starts, but something will be wrong later, or might be. */
        WARNING,
        /** Freshet does not start, or does not work. */
        FAILED,
        /** Not looked at, because it depends on something that failed. */
        SKIPPED
    }

    public Finding {
        requireNonNull(check);
        requireNonNull(status);
        requireNonNull(found);
        problems = List.copyOf(problems);
    }
}
