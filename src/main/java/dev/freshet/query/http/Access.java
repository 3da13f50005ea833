package dev.freshet.query.http;

import dev.freshet.config.HttpConfig;
import dev.freshet.config.Secret;
import dev.freshet.config.TenantToken;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Who may ask what. With a token, every request but those for health must carry it, or one of a tenant's, which may
 * only search. Without one, on an address of this machine alone, requests that a web page made the browser of somebody
 * on this machine send are refused. Thread-safe.
 */
public final class Access {

    /** What load balancers and orchestrators ask, which have no token; the answers say no more than they must. */
    private static final Set<String> OPEN = Set.of("/livez", "/readyz");

    private static final String SEARCH = "/v1/search";
    private static final String TENANT = "freshet.tenant";
    private static final Pattern BEARER = Pattern.compile("(?i)bearer +(\\S+) *");

    /** No name that somebody far away could give an address of this machine. */
    private static final Pattern OWN_NAME =
            Pattern.compile("(localhost|\\d{1,3}(\\.\\d{1,3}){3}|\\[[0-9a-f:.]+])(:\\d*)?");

    /** A token that is known, as its digest, and whose it is; null of whoever may do everything. */
    private record Known(byte[] digest, @Nullable String tenant) {}

    private final HttpConfig config;
    private final List<Known> tokens = new ArrayList<>();

    /** Access as the configuration says. */
    public Access(HttpConfig config) {
        this.config = config;
        Secret token = config.token();
        if (token != null) {
            tokens.add(new Known(digest(token.value()), null));
        }
        for (TenantToken each : config.tenantTokens()) {
            tokens.add(new Known(digest(each.token().value()), each.tenant()));
        }
    }

    /** Has every request looked at before it gets to its route. */
    public void addTo(RoutesConfig routes) {
        routes.before(context -> {
            if (OPEN.contains(context.path())) {
                return;
            }
            if (!tokens.isEmpty()) {
                requireToken(context);
            } else if (!config.anonymous()) {
                requireNoStranger(context);
            }
        });
    }

    /** The only tenant whose documents a request may find; null if it may find all. */
    static @Nullable String tenant(Context context) {
        return context.attribute(TENANT);
    }

    private void requireToken(Context context) {
        String header = context.header("Authorization");
        var bearer = header == null ? null : BEARER.matcher(header);
        if (bearer == null || !bearer.matches()) {
            refuse(
                    context,
                    "Bearer realm=\"freshet\"",
                    "this needs a token, in a header: Authorization: Bearer <token> (http.token in the configuration)");
            return;
        }
        Known known = known(bearer.group(1));
        if (known == null) {
            refuse(context, "Bearer realm=\"freshet\", error=\"invalid_token\"", "there is no such token");
        } else if (known.tenant() != null) {
            context.attribute(TENANT, known.tenant());
            if (!context.path().equals(SEARCH)) {
                SearchRoutes.error(context, 403, "this token may only search (" + SEARCH + "), as one of its tenant");
                context.skipRemainingHandlers();
            }
        }
    }

    /** The same time whichever token it is, and however much of it is right. */
    private @Nullable Known known(String token) {
        byte[] digest = digest(token);
        Known found = null;
        for (Known each : tokens) {
            if (MessageDigest.isEqual(each.digest(), digest)) {
                found = each;
            }
        }
        return found;
    }

    private static void refuse(Context context, String challenge, String message) {
        context.header("WWW-Authenticate", challenge);
        SearchRoutes.error(context, 401, message);
        context.skipRemainingHandlers();
    }

    /**
     * A page from anywhere can make a browser on this machine send requests here: under the page's own name, once that
     * name stands for 127.0.0.1, or under ours with the page's as their origin.
     */
    private void requireNoStranger(Context context) {
        String host = context.header("Host");
        String origin = context.header("Origin");
        if (host != null && !isOwnName(host.toLowerCase(Locale.ROOT))) {
            forbid(
                    context,
                    "without http.token, only requests to an address of this machine are answered, and this one is to"
                            + " another name: use 127.0.0.1, or set http.token or http.anonymous");
        } else if (origin != null && !origin.equalsIgnoreCase("http://" + host)) {
            forbid(context, "without http.token, requests of other web pages are not answered");
        }
    }

    private boolean isOwnName(String host) {
        return OWN_NAME.matcher(host).matches()
                || host.replaceFirst(":\\d*$", "").equalsIgnoreCase(config.host());
    }

    private static void forbid(Context context, String message) {
        SearchRoutes.error(context, 403, message);
        context.skipRemainingHandlers();
    }

    private static byte[] digest(String token) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
