package dev.freshet.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** Runs commands in this JVM and keeps what they print. */
final class Terminal {

    /**
     * What a command did.
     *
     * @param out its standard output
     * @param err its standard error
     */
    record Session(int status, String out, String err, Duration took) {

        /** All of it, with every run of white space as one blank, so that wrapped lines can be searched. */
        String text() {
            return (out + " " + err).replaceAll("\\s+", " ");
        }
    }

    private Terminal() {}

    /** Runs a command that is asked nothing. */
    static Session run(String... arguments) {
        return runWithAnswers("", arguments);
    }

    /** Runs a command with these lines typed. */
    static Session runWithAnswers(String typed, String... arguments) {
        PrintStream standardOut = System.out;
        PrintStream standardErr = System.err;
        InputStream standardIn = System.in;
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        long start = System.nanoTime();
        try {
            System.setIn(new ByteArrayInputStream(typed.getBytes(StandardCharsets.UTF_8)));
            System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
            System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
            int status = Freshet.run(arguments);
            return new Session(
                    status,
                    out.toString(StandardCharsets.UTF_8),
                    err.toString(StandardCharsets.UTF_8),
                    Duration.ofNanos(System.nanoTime() - start));
        } finally {
            System.setIn(standardIn);
            System.setOut(standardOut);
            System.setErr(standardErr);
        }
    }
}
