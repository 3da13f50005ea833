package dev.freshet.embed;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langchain4j.exception.HttpException;
import dev.langchain4j.http.client.HttpClient;
import dev.langchain4j.http.client.HttpRequest;
import dev.langchain4j.http.client.SuccessfulHttpResponse;
import dev.langchain4j.http.client.sse.ServerSentEventListener;
import dev.langchain4j.http.client.sse.ServerSentEventParser;
import java.net.URI;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * LangChain4j's HTTP client as an embedding service needs it: it sees {@code Retry-After}; its timeout holds for the
 * whole answer, not only until the answer begins; an interrupt ends a request; it speaks HTTP/1.1, because some servers
 * lose the body of a request that offers an upgrade; and what it says about an error has no secret in it.
 */
final class ServiceHttp implements HttpClient {

    /** The service answered with an error. */
    static final class Refusal extends HttpException {

        private static final long serialVersionUID = 1L;

        private final @Nullable Duration retryAfter;

        Refusal(int status, String message, @Nullable Duration retryAfter) {
            super(status, message);
            this.retryAfter = retryAfter;
        }

        @Nullable Duration retryAfter() {
            return retryAfter;
        }
    }

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int LONGEST_MESSAGE = 300;
    private static final Duration LONGEST_CONNECT = Duration.ofSeconds(5);

    private final java.net.http.HttpClient client;
    private final Duration timeout;
    private final Protocol protocol;
    private final List<String> secrets;
    private final Semaphore places;

    /**
     * A client.
     *
     * @param places one for each request that may be under way; free again when its answer is there, before it is read
     */
    ServiceHttp(Duration timeout, Protocol protocol, List<String> secrets, Semaphore places) {
        this.client = java.net.http.HttpClient.newBuilder()
                .version(java.net.http.HttpClient.Version.HTTP_1_1)
                .connectTimeout(timeout.compareTo(LONGEST_CONNECT) < 0 ? timeout : LONGEST_CONNECT)
                .build();
        this.timeout = timeout;
        this.protocol = protocol;
        this.secrets = List.copyOf(secrets);
        this.places = places;
    }

    @Override
    public SuccessfulHttpResponse execute(HttpRequest request) {
        HttpResponse<byte[]> response = sendInPlace(request);
        if (response.statusCode() < 200 || response.statusCode() >= 300) {
            throw refusal(response);
        }
        return SuccessfulHttpResponse.builder()
                .statusCode(response.statusCode())
                .headers(response.headers().map())
                .body(protocol.answer(response.body()))
                .build();
    }

    private HttpResponse<byte[]> sendInPlace(HttpRequest request) {
        try {
            places.acquire();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
        try {
            return send(request);
        } finally {
            places.release();
        }
    }

    private HttpResponse<byte[]> send(HttpRequest request) {
        var builder = java.net.http.HttpRequest.newBuilder(URI.create(request.url()));
        request.headers().forEach((name, values) -> values.forEach(value -> builder.header(name, value)));
        builder.method(
                request.method().name(),
                request.body() == null
                        ? BodyPublishers.noBody()
                        : BodyPublishers.ofString(protocol.request(request.body())));
        CompletableFuture<HttpResponse<byte[]>> sent = client.sendAsync(builder.build(), BodyHandlers.ofByteArray());
        try {
            return sent.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            sent.cancel(true);
            throw new dev.langchain4j.exception.TimeoutException(
                    new HttpTimeoutException("no complete answer in time"));
        } catch (InterruptedException e) {
            sent.cancel(true);
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("the request failed", e.getCause());
        }
    }

    private Refusal refusal(HttpResponse<byte[]> response) {
        String reason = reason(new String(response.body(), StandardCharsets.UTF_8));
        for (String secret : secrets) {
            reason = reason.replace(secret, "***");
        }
        if (reason.length() > LONGEST_MESSAGE) {
            reason = reason.substring(0, LONGEST_MESSAGE) + "...";
        }
        return new Refusal(
                response.statusCode(),
                "HTTP " + response.statusCode() + (reason.isBlank() ? "" : ": " + reason),
                RetryAfter.of(response.headers(), Instant.now()));
    }

    /** What the service says is wrong; nothing else of the body, which may repeat the texts. */
    private static String reason(String body) {
        try {
            JsonNode json = JSON.readTree(body);
            for (String pointer : List.of("/error/message", "/error", "/message", "/detail")) {
                if (json.at(pointer).isTextual()) {
                    return json.at(pointer).textValue().replaceAll("\\s+", " ").strip();
                }
            }
            return "";
        } catch (JsonProcessingException e) {
            return "";
        }
    }

    @Override
    public void execute(HttpRequest request, ServerSentEventParser parser, ServerSentEventListener listener) {
        throw new UnsupportedOperationException("embeddings are not streamed");
    }

    /** What the requests and answers of a provider need beside what LangChain4j does with them. */
    interface Protocol {

        /** The body of a request as it is sent. */
        default String request(String body) {
            return body;
        }

        /** The body of an answer as LangChain4j is to see it. */
        default byte[] answer(byte[] body) throws ServiceFailure {
            return body;
        }

        /** Nothing. */
        Protocol PLAIN = new Protocol() {};
    }
}
