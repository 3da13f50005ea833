package dev.freshet.diagnosis;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * Something that only a person can change. Whoever refuses to start because of it and whoever only looks for it say the
 * same words.
 *
 * @param what what is wrong, without a full stop
 * @param remedy what to do, without a full stop; empty where the words for what is wrong say it
 * @param sql the statements that do it, ready to be run; the end of the remedy's sentence
 */
public record Problem(String what, String remedy, List<String> sql) {

    public Problem {
        requireNonNull(what);
        requireNonNull(remedy);
        sql = List.copyOf(sql);
    }

    /** A problem of these parts. */
    public static Problem of(String what, String remedy, String... sql) {
        return new Problem(what, remedy, List.of(sql));
    }

    /** The same, found at a place such as a line of a file. */
    public Problem at(Object place) {
        return new Problem(place + ": " + what, remedy, sql);
    }

    /** All of it in one line. */
    public String message() {
        return remedy.isEmpty() ? what : withRemedy();
    }

    private String withRemedy() {
        return what + ". " + remedy + (sql.isEmpty() ? "" : ": " + String.join(" ", sql));
    }
}
