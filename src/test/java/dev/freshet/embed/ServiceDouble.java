package dev.freshet.embed;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A double of an embedding service: a local HTTP server that speaks the protocols of OpenAI and Ollama, and does whatever
 * a test wants. Its vectors are those of {@link HashModel}.
 */
public final class ServiceDouble implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** A request. */
    public record Ask(String path, Headers headers, JsonNode body, List<String> texts) {

        boolean isOllama() {
            return path.endsWith("/api/embed");
        }
    }

    /** What is answered: this much of the body, this late. */
    public record Answer(int status, Map<String, String> headers, String body, Duration delay, boolean breaksOff) {

        public static Answer of(int status, String body) {
            return new Answer(status, Map.of(), body, Duration.ZERO, false);
        }

        public Answer with(String header, String value) {
            var all = new LinkedHashMap<>(headers);
            all.put(header, value);
            return new Answer(status, all, body, delay, breaksOff);
        }

        public Answer after(Duration time) {
            return new Answer(status, headers, body, time, breaksOff);
        }

        /** Sends half of the body and nothing more. */
        public Answer breakingOff() {
            return new Answer(status, headers, body, delay, true);
        }
    }

    private final Queue<Ask> asked = new ConcurrentLinkedQueue<>();
    private final Queue<Function<Ask, Answer>> script = new ConcurrentLinkedQueue<>();
    private final AtomicInteger underWay = new AtomicInteger();
    private final AtomicInteger mostUnderWay = new AtomicInteger();
    private volatile Function<Ask, Answer> usual = ServiceDouble::vectors;
    private @Nullable HttpServer server;
    private @Nullable ExecutorService threads;
    private int port;

    /** Starts it at any free port. */
    public ServiceDouble() {
        start();
    }

    /** Starts it again where it was. */
    public void start() {
        try {
            var started = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 128);
            threads = Executors.newVirtualThreadPerTaskExecutor();
            started.setExecutor(threads);
            started.createContext("/", this::handle);
            started.start();
            server = started;
            port = started.getAddress().getPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends it: connections are refused. */
    public void stop() {
        if (server != null && threads != null) {
            server.stop(0);
            threads.shutdownNow();
            server = null;
        }
    }

    /** Where it listens. */
    public int port() {
        return port;
    }

    /** Where OpenAI's protocol is spoken. */
    public String openAiUrl() {
        return ollamaUrl() + "/v1";
    }

    /** Where Ollama's protocol is spoken. */
    public String ollamaUrl() {
        return "http://127.0.0.1:" + port;
    }

    /** What it does from now on. */
    public void does(Function<Ask, Answer> behaviour) {
        usual = behaviour;
    }

    /** What it does with the next request, before what it usually does. */
    void doesNext(Function<Ask, Answer> behaviour) {
        script.add(behaviour);
    }

    /** The requests so far. */
    public List<Ask> asked() {
        return List.copyOf(asked);
    }

    /** Forgets the requests so far. */
    public void forget() {
        asked.clear();
    }

    int mostUnderWay() {
        return mostUnderWay.get();
    }

    /** Good vectors, as the protocol wants them. */
    public static Answer vectors(Ask ask) {
        return vectors(ask, ask.texts().stream().map(HashModel::vector).toList());
    }

    /** These vectors, as the protocol wants them. */
    public static Answer vectors(Ask ask, List<?> vectors) {
        if (ask.isOllama()) {
            return Answer.of(200, json(Map.of("model", "m", "embeddings", vectors)));
        }
        var data = new ArrayList<Map<String, Object>>();
        for (int i = 0; i < vectors.size(); i++) {
            data.add(Map.of("object", "embedding", "index", i, "embedding", vectors.get(i)));
        }
        return data(data);
    }

    static Answer data(List<Map<String, Object>> data) {
        return Answer.of(
                200,
                json(Map.of(
                        "object",
                        "list",
                        "model",
                        "m",
                        "data",
                        data,
                        "usage",
                        Map.of("prompt_tokens", 1, "total_tokens", 1))));
    }

    /** An error as OpenAI says it. */
    public static Answer error(int status, String message) {
        return Answer.of(status, json(Map.of("error", Map.of("message", message, "type", "some_error"))));
    }

    static String json(Object value) {
        try {
            return JSON.writeValueAsString(value);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void handle(HttpExchange exchange) throws IOException {
        mostUnderWay.accumulateAndGet(underWay.incrementAndGet(), Math::max);
        try (exchange) {
            JsonNode body = JSON.readTree(exchange.getRequestBody());
            var texts = new ArrayList<String>();
            if (body.path("input").isTextual()) {
                texts.add(body.path("input").textValue());
            }
            body.path("input").forEach(each -> texts.add(each.textValue()));
            var ask = new Ask(exchange.getRequestURI().getPath(), exchange.getRequestHeaders(), body, texts);
            asked.add(ask);
            Function<Ask, Answer> next = script.poll();
            Answer answer = (next == null ? usual : next).apply(ask);
            Thread.sleep(answer.delay());
            answer.headers()
                    .forEach((name, value) -> exchange.getResponseHeaders().add(name, value));
            exchange.getResponseHeaders().add("Content-Type", "application/json");
            byte[] bytes = answer.body().getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(answer.status(), bytes.length == 0 ? -1 : bytes.length);
            exchange.getResponseBody().write(bytes, 0, answer.breaksOff() ? bytes.length / 2 : bytes.length);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            underWay.decrementAndGet();
        }
    }

    @Override
    public void close() {
        stop();
    }
}
