package dev.freshet.embed;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freshet.embed.ServiceFailure.Kind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** OpenAI's answers number their vectors; LangChain4j takes them in whatever order they come. */
final class OpenAiProtocol implements ServiceHttp.Protocol {

    private static final ObjectMapper JSON = new ObjectMapper();

    @Override
    public byte[] answer(byte[] body) {
        try {
            return inOrder(indexes(body)) ? body : sorted(body);
        } catch (IOException e) {
            throw new ServiceFailure(Kind.BROKEN, "the answer is not what the protocol says", null, e);
        }
    }

    /** The {@code index} of each vector, without looking at the vectors. */
    private static List<Integer> indexes(byte[] body) throws IOException {
        var indexes = new ArrayList<Integer>();
        try (JsonParser parser = JSON.createParser(body)) {
            int depth = 0;
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (token.isStructStart()) {
                    depth++;
                } else if (token.isStructEnd()) {
                    depth--;
                } else if (depth == 3
                        && token == JsonToken.FIELD_NAME
                        && parser.currentName().equals("index")) {
                    indexes.add(parser.nextIntValue(-1));
                }
            }
        }
        return indexes;
    }

    /** Also when there is no order: some servers call every vector the first. */
    private static boolean inOrder(List<Integer> indexes) {
        if (indexes.stream().allMatch(index -> index == 0)) {
            return true;
        }
        for (int i = 0; i < indexes.size(); i++) {
            if (indexes.get(i) != i) {
                return false;
            }
        }
        return true;
    }

    private static byte[] sorted(byte[] body) throws IOException {
        JsonNode answer = JSON.readTree(body);
        JsonNode data = answer.path("data");
        var byIndex = new JsonNode[data.size()];
        for (JsonNode each : data) {
            int index = each.path("index").asInt(-1);
            if (index < 0 || index >= byIndex.length || byIndex[index] != null) {
                throw new ServiceFailure(Kind.BROKEN, "the answer numbers its vectors wrongly");
            }
            byIndex[index] = each;
        }
        ArrayNode sorted = JSON.createArrayNode().addAll(List.of(byIndex));
        return JSON.writeValueAsBytes(((ObjectNode) answer).set("data", sorted));
    }
}
