package dev.freshet.daemon;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.freshet.query.http.SearchRoutes;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/** What the server itself answers to requests too broken to reach a route, in the form of all other errors. */
final class JsonErrors extends ErrorHandler {

    @Override
    protected void generateResponse(
            Request request,
            Response response,
            int code,
            @Nullable String message,
            @Nullable Throwable cause,
            Callback callback) {
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/json");
        response.write(true, body(code, message), callback);
    }

    private static ByteBuffer body(int status, @Nullable String message) {
        // What went wrong on our side is nothing to tell strangers.
        String said = status >= 500 || message == null || message.isBlank() ? HttpStatus.getMessage(status) : message;
        try {
            String json = SearchRoutes.JSON.writeValueAsString(Map.of("error", "HTTP " + status + ": " + said));
            return ByteBuffer.wrap(json.getBytes(StandardCharsets.UTF_8));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a map could not be written", e);
        }
    }
}
