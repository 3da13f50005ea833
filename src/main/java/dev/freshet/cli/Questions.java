package dev.freshet.cli;

import java.io.Console;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Scanner;
import org.jspecify.annotations.Nullable;

/** Asks whoever sits before the terminal; or nobody, when everything has been given as options. */
final class Questions {

    private final PrintWriter out;
    private final boolean silent;
    private final Scanner answers = new Scanner(System.in, StandardCharsets.UTF_8);

    /** @param silent never to ask, and to take what is proposed */
    Questions(PrintWriter out, boolean silent) {
        this.out = out;
        this.silent = silent;
    }

    /**
     * Asks for a text.
     *
     * @param proposed what an empty answer stands for; empty when there is no such thing
     * @param option what gives the answer without a question
     */
    String text(String question, String proposed, String option) {
        if (silent && proposed.isEmpty()) {
            throw new CommandFailure("nobody is asked with --yes: give " + option);
        }
        if (silent) {
            return proposed;
        }
        out.print(question + (proposed.isEmpty() ? ": " : " [" + proposed + "]: "));
        out.flush();
        String answer = line(option);
        return answer.isEmpty() ? proposed : answer;
    }

    private String line(String option) {
        if (!answers.hasNextLine()) {
            out.println();
            throw new CommandFailure("there is nobody to ask: give " + option + ", and --yes to take what is proposed");
        }
        return answers.nextLine().strip();
    }

    /** Asks for a password, which is not shown; null when nobody is to be asked. */
    @Nullable String password(String question) {
        if (silent) {
            return null;
        }
        @Nullable Console console = terminal();
        if (console != null) {
            char[] typed = console.readPassword("%s: ", question);
            return typed == null ? null : new String(typed);
        }
        out.print(question + ": ");
        out.flush();
        return line("it in the environment");
    }

    /** Newer JDKs have a console also where there is no terminal; the launcher knows. */
    @SuppressWarnings("SystemConsoleNull")
    private static @Nullable Console terminal() {
        return Boolean.getBoolean(BackfillProgress.TERMINAL) ? System.console() : null;
    }

    /** Asks for yes or no; an empty answer is no. */
    boolean confirm(String question) {
        return !silent && text(question + " [y/N]", "", "--force").equalsIgnoreCase("y");
    }

    /** Asks whether to go on with what was said; where there is nobody to ask, no. */
    static boolean goOn(PrintWriter out) {
        out.print("Go on? [y/N] ");
        out.flush();
        var answers = new Scanner(System.in, StandardCharsets.UTF_8);
        return answers.hasNextLine() && answers.nextLine().strip().equalsIgnoreCase("y");
    }
}
