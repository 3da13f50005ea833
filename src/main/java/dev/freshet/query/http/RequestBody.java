package dev.freshet.query.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.freshet.query.InvalidRequest;
import io.javalin.http.ContentTooLargeResponse;
import io.javalin.http.Context;
import io.javalin.http.HttpResponseException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;

/** The JSON body of a request. */
public final class RequestBody {

    /** More than a request with a thousand values to filter by has. */
    public static final int MOST_BYTES = 256 << 10;

    /** A body that trickles in for longer is not waited for. */
    private static final Duration LONGEST = Duration.ofSeconds(20);

    /** Where a key stands twice, readers differ about which of them counts, and none of them is asked here. */
    private static final ObjectReader JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY, DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build()
            .reader();

    private RequestBody() {}

    /**
     * Reads a body; a missing node when it is empty.
     *
     * @throws InvalidRequest if it is not JSON
     * @throws HttpResponseException if it is larger, or takes longer to come, than it may
     */
    public static JsonNode read(Context context) {
        try {
            return JSON.readTree(bytes(context));
        } catch (JsonProcessingException e) {
            throw new InvalidRequest("the body is not JSON: " + e.getOriginalMessage());
        } catch (IOException e) {
            throw new HttpResponseException(408, "the body did not come whole: " + e.getMessage());
        }
    }

    /** Not the framework's way, whose limit a body sent in pieces passes by. */
    private static byte[] bytes(Context context) throws IOException {
        long start = System.nanoTime();
        var whole = new ByteArrayOutputStream();
        byte[] piece = new byte[8 << 10];
        InputStream body = context.bodyInputStream();
        for (int length = body.read(piece); length >= 0; length = body.read(piece)) {
            whole.write(piece, 0, length);
            if (whole.size() > MOST_BYTES) {
                throw new ContentTooLargeResponse("the body is larger than " + MOST_BYTES + " bytes");
            }
            if (System.nanoTime() - start > LONGEST.toNanos()) {
                throw new HttpResponseException(408, "the body takes longer than " + LONGEST.toSeconds() + " s");
            }
        }
        return whole.toByteArray();
    }
}
