package dev.freshet.query.http;

import static dev.freshet.query.http.RawRequest.get;
import static dev.freshet.query.http.RawRequest.post;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.config.HttpConfig;
import dev.freshet.config.Secret;
import dev.freshet.config.TenantToken;
import dev.freshet.query.http.RawRequest.Answer;
import io.javalin.Javalin;
import io.javalin.json.JavalinJackson;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who gets to a route: on a real server, by requests that no client would send. */
@Timeout(20)
final class AccessTest {

    private static final String TOKEN = "the-one-token-0123456789";
    private static final String OF_ACME = "acmes-token-0123456789";
    private static final String OF_HARBOR = "harbors-token-0123456789";

    private @Nullable Javalin server;

    @AfterEach
    void stop() {
        if (server != null) {
            server.stop();
        }
    }

    private int serve(HttpConfig config) {
        Javalin started = Javalin.create(javalin -> {
            javalin.startup.showJavalinBanner = false;
            javalin.jsonMapper(new JavalinJackson(SearchRoutes.JSON, true));
            new Access(config).addTo(javalin.routes);
            for (String path : List.of("/v1/search", "/v1/status", "/metrics", "/livez", "/readyz")) {
                javalin.routes.get(path, context -> context.result("tenant " + Access.tenant(context)));
            }
            javalin.routes.post("/v1/dead-letters/discard", context -> context.result("discarded"));
        });
        server = started;
        return started.start("127.0.0.1", 0).port();
    }

    private int serveWithTokens() {
        return serve(new HttpConfig(
                "0.0.0.0",
                0,
                new Secret(TOKEN),
                List.of(new TenantToken(new Secret(OF_ACME), "acme"), new TenantToken(new Secret(OF_HARBOR), "harbor")),
                false));
    }

    private int serveWithout(boolean anonymous) {
        return serve(new HttpConfig("127.0.0.1", 0, null, List.of(), anonymous));
    }

    private static String bearer(String token) {
        return "Authorization: Bearer " + token;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1/search",
                "/v1/status",
                "/metrics",
                "/nothing",
                "/",
                "/livez/",
                "//livez",
                "/livez/../v1/status",
                "/livez/..%2fv1/status",
                "/livez;/../v1/status",
                "/LIVEZ",
                "/livez%20",
                "/v1/status?/livez",
                "/readyz/x",
            })
    void everyPathButHealthNeedsTheToken(String path) throws IOException {
        int port = serveWithTokens();

        Answer without = RawRequest.send(port, get(path));
        // A path that means different things to different readers is refused by the server before that.
        assertThat(without.status()).as(without.toString()).isIn(400, 401);
        assertThat(without.body()).doesNotContain("tenant null");
        if (without.status() == 401) {
            assertThat(without.head()).contains("WWW-Authenticate: Bearer realm=\"freshet\"");
            assertThat(without.body()).contains("{\"error\":\"this needs a token");
        }
    }

    @Test
    void healthIsAnsweredToEveryone() throws IOException {
        int port = serveWithTokens();

        assertThat(RawRequest.send(port, get("/livez")).status()).isEqualTo(200);
        assertThat(RawRequest.send(port, get("/readyz")).status()).isEqualTo(200);
    }

    @Test
    void theTokenOpensEverything() throws IOException {
        int port = serveWithTokens();

        for (String path : List.of("/v1/search", "/v1/status", "/metrics")) {
            assertThat(RawRequest.send(port, get(path, bearer(TOKEN))).body()).isEqualTo("tenant null");
        }
        assertThat(RawRequest.send(port, get("/v1/status", "authorization: bearer   " + TOKEN + " "))
                        .status())
                .isEqualTo(200);
        assertThat(RawRequest.send(port, post("/v1/dead-letters/discard", "{}", bearer(TOKEN)))
                        .body())
                .isEqualTo("discarded");
        assertThat(RawRequest.send(port, get("/nothing", bearer(TOKEN))).status())
                .isEqualTo(404);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Authorization: Bearer",
                "Authorization: Bearer ",
                "Authorization: Bearer the-one-token-012345678",
                "Authorization: Bearer the-one-token-01234567890",
                "Authorization: Bearer THE-ONE-TOKEN-0123456789",
                "Authorization: Bearer the-one-token-0123456789 x",
                "Authorization: Bearer x the-one-token-0123456789",
                "Authorization: Bearer \"the-one-token-0123456789\"",
                "Authorization: Basic the-one-token-0123456789",
                "Authorization: the-one-token-0123456789",
                "Authorization: Bearer null",
                "Authorization: Bearer ***",
                "Cookie: token=the-one-token-0123456789",
                "X-Forwarded-For: 127.0.0.1",
            })
    void nothingElseDoes(String header) throws IOException {
        int port = serveWithTokens();

        Answer answer = RawRequest.send(port, get("/v1/status?token=" + TOKEN, header));
        assertThat(answer.status()).isEqualTo(401);
        assertThat(answer.head()).contains("WWW-Authenticate: Bearer");
        assertThat(answer.body()).doesNotContain("tenant", TOKEN);
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "QUERY", "BREW"})
    void noMethodGoesPastIt(String method) throws IOException {
        int port = serveWithTokens();

        Answer answer = RawRequest.send(
                port, method + " /v1/dead-letters/discard HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        assertThat(answer.status()).as(answer.toString()).isIn(400, 401, 405, 501);
        assertThat(answer.body()).doesNotContain("discarded");
    }

    @Test
    void aTenantsTokenSearchesAsThatTenantOnly() throws IOException {
        int port = serveWithTokens();

        assertThat(RawRequest.send(port, get("/v1/search", bearer(OF_ACME))).body())
                .isEqualTo("tenant acme");
        assertThat(RawRequest.send(port, get("/v1/search", bearer(OF_HARBOR))).body())
                .isEqualTo("tenant harbor");
        for (String path : List.of("/v1/status", "/metrics", "/v1/search/", "/v1//search", "/nothing")) {
            assertThat(RawRequest.send(port, get(path, bearer(OF_ACME))).status())
                    .as(path)
                    .isIn(400, 403);
        }
        Answer discard = RawRequest.send(port, post("/v1/dead-letters/discard", "{}", bearer(OF_ACME)));
        assertThat(discard.status()).isEqualTo(403);
        assertThat(discard.body()).contains("this token may only search");
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1:7070, 200",
        "127.0.0.1, 200",
        "localhost:7070, 200",
        "LocalHost, 200",
        "[::1]:7070, 200",
        "10.1.2.3:80, 200",
        "evil.example:7070, 403",
        "localhost.evil.example, 403",
        "127.0.0.1.evil.example, 403",
        "1.2.3.4.5:1, 403",
    })
    void withoutATokenARebornNameIsNotAnswered(String host, int status) throws IOException {
        int port = serveWithout(false);

        assertThat(RawRequest.send(port, get("/v1/search", "Host: " + host)).status())
                .isEqualTo(status);
    }

    @Test
    void withoutATokenOtherPagesCannotSendRequests() throws IOException {
        int port = serveWithout(false);

        String path = "/v1/dead-letters/discard";
        for (String origin : List.of("https://evil.example", "null", "http://127.0.0.1:9999", "http://localhost")) {
            Answer refused = RawRequest.send(port, post(path, "{}", "Host: 127.0.0.1:7070", "Origin: " + origin));
            assertThat(refused.status()).as(origin).isEqualTo(403);
            assertThat(refused.body()).contains("\"error\"").doesNotContain("discarded");
        }
        assertThat(RawRequest.send(port, post(path, "{}", "Host: 127.0.0.1:7070", "Origin: http://127.0.0.1:7070"))
                        .body())
                .isEqualTo("discarded");
        // Whoever needs no browser sends none, and HTTP/1.0 sends no host either.
        assertThat(RawRequest.send(port, "POST " + path + " HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}")
                        .body())
                .isEqualTo("discarded");
    }

    @Test
    void anonymousMeansEveryone() throws IOException {
        int port = serveWithout(true);

        assertThat(RawRequest.send(port, get("/v1/search", "Host: freshet.example"))
                        .body())
                .isEqualTo("tenant null");
    }
}
