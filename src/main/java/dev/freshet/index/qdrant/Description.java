package dev.freshet.index.qdrant;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.freshet.config.PayloadLayout;
import dev.freshet.index.CollectionSpec;
import dev.freshet.index.IndexException;
import io.qdrant.client.grpc.JsonWithInt.Value;
import io.qdrant.client.grpc.Points.NamedVectors;
import io.qdrant.client.grpc.Points.PointStruct;
import io.qdrant.client.grpc.Points.Vectors;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a collection says of itself, in a point beside its heads: not in the collection's metadata, which only newer
 * servers have, and which take a round through the consensus of a cluster for each change of the position.
 *
 * @param spec what it was built with
 * @param layout of its payload
 * @param words who makes its sparse vectors
 * @param position of the last flush that was written
 */
record Description(
        CollectionSpec spec,
        PayloadLayout layout,
        WordVectors words,
        @Nullable String position) {

    private static final String POSITION = "position";
    private static final String SPEC = "spec";
    private static final JsonMapper JSON = new JsonMapper();

    /** Of what is written of heads and chunks. */
    private static final int FORMAT = 2;

    private record Json(
            int format,
            int dimension,
            String model,
            String chunker,
            Map<String, String> mappings,
            PayloadLayout layout,
            WordVectors words) {}

    /** The fields of the point but for the position. */
    Map<String, Value> specFields() {
        try {
            String json = JSON.writeValueAsString(new Json(
                    FORMAT,
                    spec.dimension(),
                    spec.model(),
                    spec.chunker(),
                    new TreeMap<>(spec.mappings()),
                    layout,
                    words));
            return Map.of(SPEC, Values.of(json));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }

    PointStruct point() {
        var point = PointStruct.newBuilder()
                .setId(Ids.point(Ids.DESCRIPTION))
                .setVectors(Vectors.newBuilder().setVectors(NamedVectors.getDefaultInstance()))
                .putAllPayload(specFields());
        if (position != null) {
            point.putPayload(POSITION, Values.of(position));
        }
        return point.build();
    }

    static Description read(String collection, Map<String, Value> payload) {
        try {
            Json json = JSON.readValue(
                    payload.getOrDefault(SPEC, Value.getDefaultInstance()).getStringValue(), Json.class);
            if (json.format != FORMAT) {
                throw IndexException.refused(
                        "Collection '%s' in Qdrant was built by %s version of Freshet. To build it anew: freshet reset %s --config <file>"
                                .formatted(collection, json.format < FORMAT ? "an earlier" : "a newer", collection));
            }
            Value position = payload.get(POSITION);
            return new Description(
                    new CollectionSpec(json.dimension, json.model, json.chunker, json.mappings),
                    json.layout,
                    json.words,
                    position == null || position.getStringValue().isEmpty() ? null : position.getStringValue());
        } catch (JsonProcessingException e) {
            throw new IndexException(
                    IndexException.Kind.PERMANENT,
                    "What collection '" + collection + "' in Qdrant says of itself cannot be read; a newer Freshet may"
                            + " have written it",
                    e);
        }
    }
}
