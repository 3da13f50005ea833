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
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;

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
            JsonNode body = JSON.readTree(text(bytes(context)));
            requireWholeTexts(body);
            return body;
        } catch (JsonProcessingException e) {
            throw new InvalidRequest("the body is not JSON: " + e.getOriginalMessage());
        } catch (IOException e) {
            throw new InvalidRequest("the body did not come whole");
        }
    }

    /** Strictly, since the parser itself lets some sequences through that are no UTF-8. */
    private static String text(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new InvalidRequest("the body is not UTF-8");
        }
    }

    /** Half a surrogate pair is no character: it could be neither stored nor sent back. */
    private static void requireWholeTexts(JsonNode node) {
        for (Map.Entry<String, JsonNode> entry : node.properties()) {
            requireWhole(entry.getKey());
        }
        if (node.isTextual()) {
            requireWhole(node.textValue());
        }
        // As deep at most as the parser goes.
        node.forEach(RequestBody::requireWholeTexts);
    }

    private static void requireWhole(String text) {
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
            throw new InvalidRequest("the body has half a surrogate pair (such as \\ud800) in a text");
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
