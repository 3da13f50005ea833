package dev.freshet.daemon;

import static dev.freshet.query.http.RawRequest.get;
import static dev.freshet.query.http.RawRequest.post;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freshet.config.ConfigLoader;
import dev.freshet.embed.HashModel;
import dev.freshet.query.http.RawRequest;
import dev.freshet.query.http.RawRequest.Answer;
import dev.freshet.query.http.RequestBody;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever comes over HTTP, a running daemon answers with a clear error or what was asked, and goes on. */
@Timeout(120)
final class HostileRequestsTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private static Path folder;

    private static Daemon daemon;
    private static int port;

    @BeforeAll
    static void start() throws Exception {
        String url = SharedDatabase.newDatabase();
        try (Connection connection = DriverManager.getConnection(url, "postgres", "");
                var statement = connection.createStatement()) {
            statement.execute("CREATE TABLE notes (id int PRIMARY KEY, body text NOT NULL, price int)");
            statement.execute("INSERT INTO notes SELECT i, 'note ' || i, i FROM generate_series(1, 50) i");
        }
        String name = url.replaceAll(".*/", "");
        daemon = Daemon.start(
                ConfigLoader.parse(
                        """
                        state: %s
                        source: {url: "%s", user: postgres, password: none, slot: %s, publication: %s}
                        mappings:
                          - {table: notes, collection: help, text: "{{body}}", metadata: [price]}
                        http: {port: 0}
                        """.formatted(folder.resolve("state"), url, name, name), "test.yaml", folder, Map.of()),
                config -> new HashModel().load(2));
        assertThat(daemon.awaitDrained()).isTrue();
        port = URI.create(daemon.url()).getPort();
    }

    @AfterAll
    static void stop() {
        daemon.close();
    }

    @AfterEach
    void theDaemonGoesOn() throws IOException {
        assertThat(RawRequest.send(port, get("/livez")).status()).isEqualTo(200);
        Answer answer = RawRequest.send(port, get("/v1/search?q=note&mode=lexical&top=1"));
        assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
        assertThat(JSON.readTree(answer.body()).path("hits")).hasSize(1);
    }

    /** An error in the form of all errors, that says nothing of what is inside. */
    private static void assertError(String request, Answer answer) throws IOException {
        assertThat(answer.status())
                .as("%s%n%s", excerpt(request), answer)
                .isGreaterThanOrEqualTo(400)
                .isNotEqualTo(500);
        assertThat(answer.head()).containsIgnoringCase("Content-Type: application/json");
        JsonNode error = JSON.readTree(answer.body()).path("error");
        assertThat(error.asText()).as("%s%n%s", excerpt(request), answer).isNotBlank();
        assertThat(answer.toString()).doesNotContain("Exception", "dev.freshet", "org.eclipse", "Jetty", "\tat ");
    }

    private static String excerpt(String request) {
        return request.substring(0, Math.min(400, request.length()));
    }

    private static Arguments wrong(String what, int status, String request) {
        return Arguments.of(what, status, request);
    }

    private static Arguments search(String what, int status, String body) {
        return wrong(what, status, post("/v1/search", body));
    }

    private static String deep(int depth) {
        return "[".repeat(depth) + "]".repeat(depth);
    }

    static Stream<Arguments> requests() {
        String large = "x".repeat(RequestBody.MOST_BYTES);
        return Stream.of(
                search("large body", 413, "{\"query\": \"" + large + "\"}"),
                wrong(
                        "large body in pieces",
                        413,
                        "POST /v1/search HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
                                + ("10000\r\n" + "x".repeat(0x10000) + "\r\n").repeat(64)
                                + "0\r\n\r\n"),
                wrong(
                        "a length that is none",
                        400,
                        "POST /v1/search HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: many\r\n\r\n{}"),
                wrong(
                        "a length beyond all",
                        413,
                        "POST /v1/search HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: 9223372036854775807\r\n\r\n"
                                + large + "xx"),
                wrong(
                        "two lengths",
                        400,
                        "POST /v1/search HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}x"),
                wrong(
                        "length and pieces",
                        400,
                        "POST /v1/search HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"),
                wrong(
                        "pieces that are none",
                        400,
                        "POST /v1/search HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n"),
                wrong("no host", 400, "GET /v1/search?q=a HTTP/1.1\r\nConnection: close\r\n\r\n"),
                wrong("no HTTP", 400, "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\r\n\r\n"),
                wrong("no version", 505, "GET /v1/search?q=a HTTP/9.9\r\nHost: 127.0.0.1\r\n\r\n"),
                wrong("a long line", 414, get("/v1/search?q=" + "a".repeat(100_000))),
                wrong("long headers", 431, get("/v1/search?q=a", "X-Long: " + "a".repeat(100_000))),
                wrong(
                        "many headers",
                        431,
                        get("/v1/search?q=a", "X: y\r\n".repeat(50_000).strip())),
                wrong("a header with NUL", 400, get("/v1/search?q=a", "X-Nul: a\0b")),
                wrong("half an escape", 400, get("/v1/search?q=%")),
                wrong("an escape that is none", 400, get("/v1/search?q=%zz")),
                wrong("another method", 404, get("/v1/search?q=a").replace("GET", "DELETE")),
                wrong("reindex of a misspelt table", 400, post("/v1/collections/help/reindex?tabel=notes", "")),
                wrong("reindex of nothing", 400, post("/v1/collections/%00/reindex", "")),
                wrong("reindex by a path", 400, post("/v1/collections/..%2f..%2fetc/reindex", "")),
                wrong("letters by a number", 400, get("/v1/dead-letters?limit=1e9")),
                wrong("letters without end", 400, get("/v1/dead-letters?limit=99999999999999999999")),
                wrong("letters older than for ever", 400, get("/v1/dead-letters?olderThanSeconds=-1")),
                wrong("letters by nothing", 400, get("/v1/dead-letters?all=true")),
                wrong("replay of nothing", 400, post("/v1/dead-letters/replay", "")),
                wrong("replay of a text", 400, post("/v1/dead-letters/replay", "{\"letters\": \"all\"}")),
                wrong(
                        "replay of numbers",
                        400,
                        post("/v1/dead-letters/replay", "{\"letters\": [{\"mapping\": 1, \"key\": 2}]}")),
                wrong("discard of null", 400, post("/v1/dead-letters/discard", "{\"letters\": [null]}")),
                wrong(
                        "discard of too many",
                        400,
                        post(
                                "/v1/dead-letters/discard",
                                "{\"letters\": [" + "{\"mapping\": \"a\", \"key\": \"b\"},".repeat(100)
                                        + "{\"mapping\": \"a\", \"key\": \"b\"}]}")),
                search("empty body", 400, ""),
                search("no JSON", 400, "{\"query\": "),
                search("NUL for JSON", 400, "\0"),
                search("NUL in JSON", 400, "{\"query\": \"a\0b\"}"),
                search("a list", 400, "[]"),
                search("a text", 400, "\"a\""),
                search("two bodies", 400, "{\"query\": \"a\"}{\"query\": \"b\"}"),
                search("a key twice", 400, "{\"query\": \"a\", \"query\": \"b\"}"),
                search("deep", 400, "{\"query\": \"a\", \"filter\": {\"a\": " + deep(50_000) + "}}"),
                search("deep enough to parse", 400, "{\"query\": \"a\", \"filter\": {\"a\": " + deep(500) + "}}"),
                search(
                        "deeper objects",
                        400,
                        "{\"query\": \"a\", \"filter\": " + "{\"a\":".repeat(2_000) + "1" + "}".repeat(2_001)),
                search("invalid UTF-8", 400, "{\"query\": \"\u00ff\u00fe\"}"),
                search("overlong UTF-8", 400, "{\"query\": \"\u00c0\u00af\"}"),
                search("a surrogate in UTF-8", 400, "{\"query\": \"\u00ed\u00a0\u0080\"}"),
                search("half a surrogate pair", 400, "{\"query\": \"\\ud800\"}"),
                search(
                        "half a surrogate pair in a filter",
                        400,
                        "{\"query\": \"a\", \"filter\": {\"\\udc00\": \"\\ud800\"}}"),
                search("a long number", 400, "{\"query\": \"a\", \"top\": " + "9".repeat(5_000) + "}"),
                search("a number beyond all", 400, "{\"query\": \"a\", \"top\": 1e999999999}"),
                search("top beyond all", 400, "{\"query\": \"a\", \"top\": 2147483647}"),
                search("top below all", 400, "{\"query\": \"a\", \"top\": -2147483648}"),
                search("top that is true", 400, "{\"query\": \"a\", \"top\": true}"),
                search("top that is null", 400, "{\"query\": \"a\", \"top\": null}"),
                search("a query that is an object", 400, "{\"query\": {\"$ne\": null}}"),
                search("a long query", 400, "{\"query\": \"" + "a ".repeat(50_000) + "\"}"),
                search("an unknown field", 400, "{\"query\": \"a\", \"__proto__\": {}}"),
                search("a filter that is a list", 400, "{\"query\": \"a\", \"filter\": [1]}"),
                search("a filter on null", 400, "{\"query\": \"a\", \"filter\": {\"a\": null}}"),
                search("a filter in a filter", 400, "{\"query\": \"a\", \"filter\": {\"or\": [{\"tenant\": \"b\"}]}}"),
                search("a range of nothing", 400, "{\"query\": \"a\", \"filter\": {\"a\": {}}}"),
                search("a range of what it is not", 400, "{\"query\": \"a\", \"filter\": {\"a\": {\"$gt\": 1}}}"),
                search(
                        "a mixed range",
                        400,
                        "{\"query\": \"a\", \"filter\": {\"a\": {\"gt\": 1, \"lt\": \"2026-01-01\"}}}"),
                search("no day", 400, "{\"query\": \"a\", \"filter\": {\"a\": {\"gt\": \"2026-02-31\"}}}"),
                search("no hour", 400, "{\"query\": \"a\", \"filter\": {\"a\": {\"gt\": \"2026-02-01T99:99\"}}}"),
                search(
                        "many conditions",
                        400,
                        "{\"query\": \"a\", \"filter\": {"
                                + String.join(
                                        ",",
                                        IntStream.range(0, 2_000)
                                                .mapToObj(i -> "\"a" + i + "\": 1")
                                                .toList())
                                + "}}"),
                search("many values", 400, "{\"query\": \"a\", \"filter\": {\"a\": [" + "1,".repeat(50_000) + "1]}}"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("requests")
    void whatIsWrongIsAnsweredWithAnError(String what, int status, String request) throws IOException {
        Answer answer = RawRequest.send(port, request);

        assertError(request, answer);
        assertThat(answer.status()).as(answer.toString()).isEqualTo(status);
    }

    static Stream<String> odd() {
        return Stream.of(
                get("/v1/search?q=%00"),
                get("/v1/search?q=a%00b&filter=%00%3D%00"),
                get("/v1/search?q=%ff%fe"),
                get("/v1/search?q=a&top=1000"),
                get("/v1/search?q=a&filter=price%3E1e999"),
                get("/v1/search?q=a&filter=price%3E" + "9".repeat(5_000)),
                get("/v1/search?q=a&filter=price%3D" + "9".repeat(5_000)),
                get("/v1/search?q=a&filter=price%3E" + "9".repeat(5_000) + "x"),
                get("/v1/search?q=a&filter=a" + ".a".repeat(3_000) + "%3D1"),
                get("/v1/search?q=a&filter=%22%3D1"),
                get("/v1/search?q=a&filter=.%3D1"),
                post("/v1/search", "{\"query\": \"a\\u0000b\", \"filter\": {\"\\u0000\": \"\\u0000\"}}"),
                post("/v1/search", "{\"query\": \"a\", \"filter\": {\"price\": 1e400, \"a\": -1e400}}"),
                post("/v1/search", "{\"query\": \"a\", \"filter\": {\"price\": {\"gt\": -1e400}}}"),
                post("/v1/search", "{\"query\": \"a\", \"filter\": {\"price\": " + "9".repeat(900) + "}}"),
                post("/v1/search", "{\"query\": \"a\", \"filter\": {\"a\": {\"gt\": \"9999-12-31\"}}}"),
                post("/v1/search", "{\"query\": \"a\", \"filter\": {\"a\": []}}"),
                post(
                        "/v1/search",
                        "{\"query\": \"" + "a AND (b OR *:*) {!x} \\\" ".repeat(500) + "\", \"mode\": \"hybrid\"}"),
                post("/v1/search", "{\"query\": \"" + "😀".repeat(3_000) + "\"}"),
                get("/v1/search?q=a&mode=lexical&filter=" + "a%3D1&filter=".repeat(60) + "a%3D1"),
                get("/v1/dead-letters?key=%00&mapping=..%2f&error=" + "x".repeat(5_000)),
                post(
                        "/v1/dead-letters/discard",
                        "{\"letters\": [{\"mapping\": \"../../x\", \"key\": \"\\u0000\\ud800\"}]}"),
                post("/v1/dead-letters/replay", "{\"letters\": [{\"mapping\": \"notes\", \"key\": \"no,key\"}]}"),
                post(
                        "/v1/dead-letters/replay",
                        "{\"letters\": [{\"mapping\": \"notes\", \"key\": \"1' OR '1'='1\"}]}"));
    }

    @ParameterizedTest
    @MethodSource("odd")
    void whatIsOddIsAnsweredOrRefused(String request) throws IOException {
        byte[] bytes = request.getBytes(request.contains("😀") ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1);
        Answer answer = RawRequest.send(
                port,
                new String(bytes, StandardCharsets.ISO_8859_1)
                        .replaceFirst("Content-Length: \\d+", "Content-Length: " + length(bytes)));

        if (answer.status() != 200) {
            assertError(request, answer);
        }
    }

    private static int length(byte[] request) {
        String text = new String(request, StandardCharsets.ISO_8859_1);
        return text.length() - text.indexOf("\r\n\r\n") - 4;
    }

    /** Good requests with random damage: answered in one way or another, and never with a fault of ours. */
    @Test
    void noDamageToARequestIsOurFault() throws IOException {
        var random = new Random(4_711);
        List<String> good = List.of(
                get("/v1/search?q=note&top=3&filter=price%3E%3D10&tenant=a&mode=hybrid&collection=help"),
                post(
                        "/v1/search",
                        "{\"query\": \"note\", \"mode\": \"hybrid\", \"top\": 3, \"tenant\": \"a\", \"collection\": \"help\","
                                + " \"filter\": {\"price\": {\"gte\": 10, \"lt\": 1e3}, \"at\": {\"gt\": \"2026-01-01T00:00:00Z\"},"
                                + " \"tag\": [\"a\", true, 1.5]}}"),
                get("/v1/dead-letters?mapping=notes&stage=text&limit=10&olderThanSeconds=5"),
                post("/v1/dead-letters/discard", "{\"letters\": [{\"mapping\": \"notes\", \"key\": \"1\"}]}"),
                get("/v1/status"));
        for (int i = 0; i < 1_500; i++) {
            String request = damaged(good.get(random.nextInt(good.size())), random);
            try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                socket.setSoTimeout(10_000);
                socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
                // Damage to its length must not make the server wait for more.
                socket.shutdownOutput();
                Answer answer = RawRequest.read(socket);
                assertThat(answer.status())
                        .as("%s%n%s", request, answer)
                        .isIn(0, 200, 202, 400, 403, 404, 405, 408, 413, 414, 415, 417, 426, 431, 501, 505);
                if (answer.status() >= 400 && !answer.body().isEmpty()) {
                    assertThat(answer.head()).as("%s%n%s", request, answer).containsIgnoringCase("application/json");
                }
            } catch (SocketException e) {
                // Closed before it had everything, which is an answer.
            }
        }
    }

    private static String damaged(String request, Random random) {
        var damaged = new StringBuilder(request);
        for (int i = random.nextInt(4); i >= 0; i--) {
            int at = random.nextInt(damaged.length());
            switch (random.nextInt(5)) {
                case 0 -> damaged.setCharAt(at, (char) random.nextInt(256));
                case 1 -> damaged.deleteCharAt(at);
                case 2 ->
                    damaged.insert(
                            at,
                            List.of(
                                            "\0",
                                            "\"",
                                            "{",
                                            "}",
                                            "[",
                                            "%",
                                            "\r\n",
                                            "\u00ff",
                                            "9999999999",
                                            "-",
                                            "\\u",
                                            "null",
                                            "e9")
                                    .get(random.nextInt(13)));
                case 3 -> damaged.delete(at, Math.min(damaged.length(), at + random.nextInt(20)));
                default ->
                    damaged.insert(at, damaged.substring(at, Math.min(damaged.length(), at + random.nextInt(30))));
            }
            if (damaged.isEmpty()) {
                damaged.append('x');
            }
        }
        return damaged.toString();
    }

    /** Many who send half a request and wait do not keep others from being answered. */
    @Test
    void slowClientsHoldNobodyUp() throws IOException {
        List<Socket> slow = new ArrayList<>();
        try {
            for (int i = 0; i < 300; i++) {
                var socket = new Socket(InetAddress.getLoopbackAddress(), port);
                slow.add(socket);
                OutputStream out = socket.getOutputStream();
                out.write((i % 2 == 0
                                ? "POST /v1/search HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{\"query\": "
                                : "GET /v1/search?q=a HTTP/1.1\r\nHost: 127.0")
                        .getBytes(StandardCharsets.ISO_8859_1));
                out.flush();
            }
            Answer answer = RawRequest.send(port, get("/v1/search?q=note"));
            assertThat(answer.status()).isEqualTo(200);
        } finally {
            for (Socket socket : slow) {
                socket.close();
            }
        }
        await().untilAsserted(() ->
                assertThat(RawRequest.send(port, get("/readyz")).status()).isEqualTo(200));
    }
}
