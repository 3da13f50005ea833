package dev.freshet.cli;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** A server in the place of a daemon: gives prepared answers and notes what it was asked. */
final class PreparedDaemon implements AutoCloseable {

    /** The answers by their paths; {@code {}} for others. */
    final Map<String, String> answers = new ConcurrentHashMap<>();

    /** Method, path with query, and body where there was one. */
    final List<String> requests = new CopyOnWriteArrayList<>();

    /** The header by which each request says who it is; empty if it does not. */
    final List<String> tokens = new CopyOnWriteArrayList<>();

    /** Of every answer. */
    volatile int status = 200;

    private final HttpServer server = start();

    private HttpServer start() {
        try {
            HttpServer started = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            started.createContext("/", exchange -> {
                String sent = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
                requests.add((exchange.getRequestMethod() + " " + exchange.getRequestURI() + " " + sent).strip());
                tokens.add(exchange.getRequestHeaders()
                        .getOrDefault("Authorization", List.of(""))
                        .getFirst());
                byte[] body = answers.getOrDefault(exchange.getRequestURI().getPath(), "{}")
                        .getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(status, body.length);
                exchange.getResponseBody().write(body);
                exchange.close();
            });
            started.start();
            return started;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
