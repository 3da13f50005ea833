package dev.freshet.daemon;

import static dev.freshet.query.http.RawRequest.get;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.config.HttpConfig;
import dev.freshet.query.InvalidRequest;
import dev.freshet.query.http.RawRequest;
import dev.freshet.query.http.RawRequest.Answer;
import dev.freshet.query.http.RequestBody;
import dev.freshet.query.http.SearchRoutes;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
final class HttpServerTest {

    private final HttpServer server = new HttpServer(
            new HttpConfig("127.0.0.1", 0, null, List.of(), false),
            List.of(routes -> {
                routes.exception(
                        InvalidRequest.class, (e, context) -> SearchRoutes.error(context, 400, e.getMessage()));
                routes.post("/body", context -> context.json(RequestBody.read(context)));
                routes.get("/fault", context -> {
                    throw new IllegalStateException("hunter2");
                });
            }),
            Duration.ofMillis(300));

    @AfterEach
    void stop() {
        server.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "GET /li",
                "GET /livez HTTP/1.1\r\nHost: 127",
                "POST /body HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\n\r\n{",
                "POST /body HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{",
            })
    void whoeverStopsInTheMiddleIsNotWaitedFor(String half) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(half.getBytes(StandardCharsets.ISO_8859_1));
            // Ends only when the server closes the connection.
            Answer answer = RawRequest.read(socket);
            assertThat(answer.status()).as(answer.toString()).isIn(0, 400, 408);
        }
    }

    @Test
    void aFaultOfOursIsNotExplainedToStrangers() throws IOException {
        Answer answer = RawRequest.send(server.port(), get("/fault"));

        assertThat(answer.status()).isEqualTo(500);
        assertThat(answer.body()).isEqualTo("{\"error\":\"something went wrong inside; the daemon's log says what\"}");
        assertThat(answer.head()).doesNotContain("Server:");
    }
}
