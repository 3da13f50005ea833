package dev.freshet.cli;

import picocli.CommandLine.Option;

/** The option of every command that asks a running daemon. */
final class DaemonOption {

    @Option(
            names = "--url",
            paramLabel = "<url>",
            description = "the daemon (default: ${DEFAULT-VALUE})",
            defaultValue = Client.DEFAULT_URL)
    private String url = Client.DEFAULT_URL;

    /** Talks to the daemon that was named. */
    Client client() {
        return new Client(url);
    }
}
