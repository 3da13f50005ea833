package dev.freshet.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Talks to a running daemon over HTTP. */
final class Client {

    static final String DEFAULT_URL = "http://127.0.0.1:7070";

    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
    private final String url;
    private final @Nullable String token;

    /** Talks to a daemon that asks for no token. */
    Client(String url) {
        this(url, null);
    }

    Client(String url, @Nullable String token) {
        this.url = url.replaceAll("/+$", "");
        this.token = token;
    }

    JsonNode get(String path) throws InterruptedException {
        return send(request(path).GET());
    }

    JsonNode post(String path, JsonNode body) throws InterruptedException {
        return send(request(path)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body.toString())));
    }

    private HttpRequest.Builder request(String path) {
        try {
            var request = HttpRequest.newBuilder(URI.create(url + path)).timeout(Duration.ofSeconds(60));
            return token == null ? request : request.header("Authorization", "Bearer " + token);
        } catch (IllegalArgumentException e) {
            throw new CommandFailure("'" + url + "' is not a URL: " + e.getMessage());
        }
    }

    private JsonNode send(HttpRequest.Builder request) throws InterruptedException {
        HttpResponse<String> response;
        try {
            response = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new CommandFailure("no Freshet answers at " + url
                    + ". Start one (freshet demo, or freshet run --config …), or name another with --url");
        }
        try {
            JsonNode answer = JSON.readTree(response.body());
            if (response.statusCode() == 401) {
                throw new CommandFailure(refused());
            }
            if (response.statusCode() >= 400) {
                throw new CommandFailure(answer.path("error").asText("HTTP " + response.statusCode()));
            }
            return answer;
        } catch (JsonProcessingException e) {
            throw new CommandFailure(
                    "what answers at " + url + " is not a Freshet (HTTP " + response.statusCode() + ")");
        }
    }

    private String refused() {
        return token == null
                ? "the daemon at " + url + " asks for a token (its http.token): put it into a file and name that with"
                        + " --token-file, or set " + DaemonOption.VARIABLE
                : "the daemon at " + url + " knows no such token: compare what --token-file or " + DaemonOption.VARIABLE
                        + " has with http.token in its configuration";
    }
}
