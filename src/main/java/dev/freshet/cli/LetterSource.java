package dev.freshet.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freshet.daemon.LetterDesk;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Where dead letters are looked at: in a running daemon, or in the state folder of one that does not run. */
final class LetterSource {

    @Mixin
    private DaemonOption daemon = new DaemonOption();

    @Option(
            names = "--state",
            paramLabel = "<folder>",
            description = "look into the state folder of a daemon that does not run, instead of asking one")
    private @Nullable Path state;

    JsonNode list(LetterOptions which, int limit) throws InterruptedException {
        return state == null
                ? daemon.client().get(which.path(limit))
                : LetterDesk.listOffline(state, which.given(), limit);
    }
}
