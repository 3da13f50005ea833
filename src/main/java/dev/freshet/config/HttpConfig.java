package dev.freshet.config;

import static java.util.Objects.requireNonNull;

/**
 * The HTTP server.
 *
 * @param port 0 for any free one
 */
public record HttpConfig(
        @Key(byDefault = "127.0.0.1", value = """
                        The address to listen at; `0.0.0.0` for all. There is no login: whoever reaches it can \
                        search and administer.""") String host,

        @Key(value = "The port; 0 means any free one.", byDefault = "7070", min = "0", max = "65535")
        int port) {

    public HttpConfig {
        requireNonNull(host);
    }
}
