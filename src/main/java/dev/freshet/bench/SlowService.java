package dev.freshet.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * An embedding service on this machine: it speaks OpenAI's protocol, begins every answer the same time after the request
 * came, and takes as many requests at once as come. Its vectors are those of {@link StandInModel}.
 */
final class SlowService implements AutoCloseable {

    static {
        // Otherwise the JDK's server waits 40 ms for an acknowledgement between the head and the body of an answer.
        System.setProperty("sun.net.httpserver.nodelay", "true");
    }

    private static final ObjectMapper JSON = new ObjectMapper();

    private final StandInModel model = new StandInModel();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final HttpServer server;
    private volatile Duration latency = Duration.ZERO;

    SlowService() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/v1/embeddings", this::answer);
        server.start();
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/v1";
    }

    /** How long it takes from now on. */
    void latency(Duration time) {
        latency = time;
    }

    private void answer(HttpExchange exchange) throws IOException {
        long at = System.nanoTime() + latency.toNanos();
        try (exchange) {
            byte[] body = JSON.writeValueAsBytes(vectors(JSON.readTree(exchange.getRequestBody())));
            Thread.sleep(Duration.ofNanos(Math.max(0, at - System.nanoTime())));
            exchange.getResponseHeaders().add("Content-Type", "application/json");
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Map<String, Object> vectors(JsonNode request) {
        var texts = new ArrayList<TextSegment>();
        request.path("input").forEach(text -> texts.add(TextSegment.from(text.textValue())));
        List<Embedding> vectors = model.embedAll(texts).content();
        var data = new ArrayList<Map<String, Object>>();
        for (int i = 0; i < vectors.size(); i++) {
            data.add(Map.of(
                    "object",
                    "embedding",
                    "index",
                    i,
                    "embedding",
                    vectors.get(i).vector()));
        }
        return Map.of("object", "list", "data", data, "model", request.path("model"), "usage", Map.of());
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
