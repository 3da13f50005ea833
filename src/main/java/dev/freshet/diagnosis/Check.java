package dev.freshet.diagnosis;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.stream.Stream;

/**
 * Something to look at.
 *
 * @param name what it is called, a word or two
 * @param needs the names of the checks, made before it, that must not have failed for this one to make sense
 * @param look looks; never changes anything
 */
public record Check(String name, List<String> needs, Look look) {

    /** Looks at one thing. */
    @FunctionalInterface
    public interface Look {
        Seen look() throws Exception;
    }

    /**
     * What was seen.
     *
     * @param found what there is, for people
     * @param failures what must be mended before anything works
     * @param warnings what may go wrong later
     */
    public record Seen(String found, List<Problem> failures, List<Problem> warnings) {

        public Seen {
            requireNonNull(found);
            failures = List.copyOf(failures);
            warnings = List.copyOf(warnings);
        }

        /** All is well. */
        public static Seen well(String found) {
            return new Seen(found, List.of(), List.of());
        }

        /** All is well unless there are failures. */
        public static Seen unless(List<Problem> failures, String found) {
            return new Seen(failures.isEmpty() ? found : "", failures, List.of());
        }

        /** It works, with this to be thought of. */
        public static Seen warning(String found, Problem warning) {
            return new Seen(found, List.of(), List.of(warning));
        }

        /** It does not work. */
        public static Seen failure(Problem problem) {
            return new Seen("", List.of(problem), List.of());
        }
    }

    public Check {
        requireNonNull(name);
        needs = List.copyOf(needs);
        requireNonNull(look);
    }

    Finding run() {
        try {
            Seen seen = look.look();
            List<Problem> problems = Stream.concat(seen.failures().stream(), seen.warnings().stream())
                    .toList();
            Finding.Status status = !seen.failures().isEmpty()
                    ? Finding.Status.FAILED
                    : seen.warnings().isEmpty() ? Finding.Status.OK : Finding.Status.WARNING;
            return new Finding(name, status, seen.found(), problems);
        } catch (ProblemException e) {
            return failed(e.problem());
        } catch (Exception e) {
            // Of a library, or of a room with exceptions of its own: their words are all there is.
            return failed(Problem.of(e.getMessage() == null ? e.toString() : e.getMessage(), ""));
        }
    }

    Finding failed(Problem problem) {
        return new Finding(name, Finding.Status.FAILED, "", List.of(problem));
    }

    Finding skipped(String because) {
        return new Finding(name, Finding.Status.SKIPPED, "because of " + because, List.of());
    }
}
