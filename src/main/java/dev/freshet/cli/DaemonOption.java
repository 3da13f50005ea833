package dev.freshet.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of every command that asks a running daemon. */
final class DaemonOption {

    /** In the environment, since what a command line has in it is seen by everyone on the machine. */
    static final String VARIABLE = "FRESHET_TOKEN";

    @Option(
            names = "--url",
            paramLabel = "<url>",
            description = "the daemon (default: ${DEFAULT-VALUE})",
            defaultValue = Client.DEFAULT_URL)
    private String url = Client.DEFAULT_URL;

    @Option(
            names = "--token-file",
            paramLabel = "<file>",
            description =
                    "holds the daemon's http.token, if it asks for one (default: what " + VARIABLE + " is set to)")
    private @Nullable Path tokenFile;

    /** Talks to the daemon that was named. */
    Client client() {
        return new Client(url, token(tokenFile, System.getenv()));
    }

    /** The token in the file, or else in the environment; null where there is neither. */
    static @Nullable String token(@Nullable Path file, Map<String, String> environment) {
        String token = file == null ? environment.get(VARIABLE) : read(file);
        if (token == null || (file == null && token.isEmpty())) {
            return null;
        }
        // A line end is what editors and shells leave behind.
        String stripped = token.strip();
        if (!stripped.matches("[!-~]+")) {
            throw new CommandFailure((file == null ? VARIABLE : "the file " + file)
                    + " holds no token: letters, digits and signs of ASCII on one line, as http.token has them");
        }
        return stripped;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (NoSuchFileException e) {
            throw new CommandFailure("there is no file " + file + " (--token-file)");
        } catch (IOException e) {
            throw new CommandFailure("the file " + file + " (--token-file) cannot be read: "
                    + e.getClass().getSimpleName());
        }
    }
}
