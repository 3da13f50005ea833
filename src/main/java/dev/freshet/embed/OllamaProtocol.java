package dev.freshet.embed;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** An Ollama cuts what is too long without a word, unless it is told not to; LangChain4j has no way to tell it. */
final class OllamaProtocol implements ServiceHttp.Protocol {

    private static final ObjectMapper JSON = new ObjectMapper();

    @Override
    public String request(String body) {
        try {
            return JSON.writeValueAsString(((ObjectNode) JSON.readTree(body)).put("truncate", false));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("LangChain4j made a request that is not JSON", e);
        }
    }
}
