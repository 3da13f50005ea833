package dev.freshet.config;

import static java.util.Objects.requireNonNull;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP server, and who may use it.
 *
 * @param port 0 for any free one
 * @param token null where nobody is asked for one
 * @param tenantTokens none without a token
 * @param anonymous whether an address that others can reach may be served without a token
 */
public record HttpConfig(
        @Key(byDefault = "127.0.0.1", value = """
                        The address to listen at; `0.0.0.0` for all. Where others can reach it, `token` is needed, or \
                        `anonymous: true`.""") String host,

        @Key(value = "The port; 0 means any free one.", byDefault = "7070", min = "0", max = "65535")
        int port,

        @Key(otherwise = "none", value = """
                        What every request but those for `/livez` and `/readyz` must carry, as `Authorization: Bearer \
                        <token>`: at least 16 letters, digits or signs of ASCII. Whoever has it can search and \
                        administer.""") @Nullable Secret token,

        @Key(
                "Further tokens that may only search, and find only one tenant's documents. They need `token` beside them.")
        List<TenantToken> tenantTokens,

        @Key(byDefault = "false", value = """
                        Whether everyone who reaches an address that is not of this machine alone may search and \
                        administer. For a port behind something else that asks who comes.""") boolean anonymous) {

    private static final Pattern LOOPBACK =
            Pattern.compile("localhost|127\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}|\\[?(::1|0:0:0:0:0:0:0:1)]?");

    /** What a header can carry as it is, and long enough not to be guessed over a network. */
    private static final Pattern TOKEN = Pattern.compile("[!-~]{16,1024}");

    public HttpConfig {
        requireNonNull(host);
        tenantTokens = List.copyOf(tenantTokens);
        checkTokens(token, tenantTokens);
        if (token == null && !anonymous && !isLoopback(host)) {
            throw new IllegalArgumentException("""
                    'http.host' is an address that others can reach, and nobody is asked who they are: set 'http.token' \
                    (to ${FRESHET_TOKEN} or file:/run/secrets/freshet-token; openssl rand -hex 24 makes one), or, where \
                    something else keeps strangers away, 'http.anonymous: true'; or listen at 127.0.0.1 only""");
        }
        if (token != null && anonymous) {
            throw new IllegalArgumentException(
                    "'http.anonymous' and 'http.token' contradict each other: leave out one of them");
        }
    }

    private static void checkTokens(@Nullable Secret token, List<TenantToken> tenantTokens) {
        Set<Secret> all = new HashSet<>();
        if (token != null) {
            checkForm("http.token", token);
            all.add(token);
        } else if (!tenantTokens.isEmpty()) {
            throw new IllegalArgumentException(
                    "'http.tenantTokens' needs 'http.token' beside it: without one, everybody could search everything");
        }
        for (int i = 0; i < tenantTokens.size(); i++) {
            String path = "http.tenantTokens[" + i + "].token";
            Secret one = tenantTokens.get(i).token();
            checkForm(path, one);
            if (!all.add(one)) {
                throw new IllegalArgumentException("'" + path + "' is the same as another token: each must differ");
            }
        }
    }

    private static void checkForm(String path, Secret token) {
        if (!TOKEN.matcher(token.value()).matches()) {
            throw new IllegalArgumentException(
                    "'" + path
                            + "' must be 16 to 1024 letters, digits or signs of ASCII, without blanks; openssl rand -hex 24 makes one");
        }
    }

    /** Whether only this machine can reach an address, as far as its name tells. */
    static boolean isLoopback(String host) {
        return LOOPBACK.matcher(host.toLowerCase(Locale.ROOT)).matches();
    }

    /** Whether only this machine can reach the server. */
    public boolean isLoopback() {
        return isLoopback(host);
    }
}
