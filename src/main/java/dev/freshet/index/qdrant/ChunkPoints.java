package dev.freshet.index.qdrant;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.freshet.change.Traceparent;
import dev.freshet.chunk.Chunk;
import dev.freshet.index.DocumentHead;
import dev.freshet.index.EmbeddedChunk;
import dev.freshet.index.IndexException;
import dev.freshet.index.StoredChunk;
import io.qdrant.client.grpc.JsonWithInt.Value;
import io.qdrant.client.grpc.Points.DenseVector;
import io.qdrant.client.grpc.Points.Document;
import io.qdrant.client.grpc.Points.NamedVectors;
import io.qdrant.client.grpc.Points.PayloadIncludeSelector;
import io.qdrant.client.grpc.Points.PointStruct;
import io.qdrant.client.grpc.Points.PointsSelector;
import io.qdrant.client.grpc.Points.PointsUpdateOperation;
import io.qdrant.client.grpc.Points.PointsUpdateOperation.DeletePayload;
import io.qdrant.client.grpc.Points.PointsUpdateOperation.SetPayload;
import io.qdrant.client.grpc.Points.RetrievedPoint;
import io.qdrant.client.grpc.Points.SparseIndices;
import io.qdrant.client.grpc.Points.SparseVector;
import io.qdrant.client.grpc.Points.Vector;
import io.qdrant.client.grpc.Points.VectorOutput;
import io.qdrant.client.grpc.Points.Vectors;
import io.qdrant.client.grpc.Points.VectorsOutput;
import io.qdrant.client.grpc.Points.WithPayloadSelector;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes the points of chunks, and reads them. A point is always written whole, with every vector and a payload that is
 * not empty: on segments that are being optimized, servers before 1.19 would keep the old of what is left out.
 */
final class ChunkPoints {

    /** The unnamed vector, because the stores of frameworks look there. */
    static final String DENSE = "";

    private static final JsonMapper JSON = new JsonMapper();

    private final Layout layout;
    private final WordVectors words;
    private final boolean typedVectors;

    ChunkPoints(Layout layout, WordVectors words, boolean typedVectors) {
        this.layout = layout;
        this.words = words;
        this.typedVectors = typedVectors;
    }

    PointStruct point(DocumentHead head, String headId, EmbeddedChunk embedded, float[] vector) {
        Chunk chunk = embedded.chunk();
        Map<String, Value> fields = new LinkedHashMap<>(documentFields(head));
        put(fields, layout.own(), Layout.DOCUMENT, Values.of(headId));
        put(fields, layout.own(), Layout.MAPPING, Values.of(head.key().mapping()));
        put(fields, layout.own(), Layout.HASH, Values.of(chunk.hash()));
        put(fields, layout.own(), Layout.HEADINGS, headings(chunk.headings()));
        fields.put(layout.text(), Values.of(chunk.text()));
        switch (layout.name()) {
            case HAYSTACK -> fields.put("id", Values.of(chunk.id()));
            case LLAMA_INDEX -> fields.put("doc_id", Values.of(head.id()));
            case FRESHET, LANGCHAIN4J, LANGCHAIN, SPRING_AI -> {}
        }
        return PointStruct.newBuilder()
                .setId(Ids.chunk(chunk.id()))
                .setVectors(vectors(chunk, vector))
                .putAllPayload(fields)
                .build();
    }

    private Vectors vectors(Chunk chunk, float[] vector) {
        Vector dense = dense(vector);
        return switch (words) {
            case NONE -> Vectors.newBuilder().setVector(dense).build();
            case OWN -> both(dense, sparse(Bm25.document(chunk.embeddingText())));
            case SERVER ->
                both(
                        dense,
                        Vector.newBuilder()
                                .setDocument(Document.newBuilder()
                                        .setText(chunk.embeddingText())
                                        .setModel(WordVectors.MODEL))
                                .build());
        };
    }

    @SuppressWarnings("deprecation") // all that older servers know
    private Vector dense(float[] vector) {
        var whole = Vector.newBuilder();
        if (typedVectors) {
            var dense = DenseVector.newBuilder();
            for (float value : vector) {
                dense.addData(value);
            }
            return whole.setDense(dense).build();
        }
        for (float value : vector) {
            whole.addData(value);
        }
        return whole.build();
    }

    @SuppressWarnings("deprecation") // all that older servers know
    private Vector sparse(SparseVector vector) {
        return typedVectors
                ? Vector.newBuilder().setSparse(vector).build()
                : Vector.newBuilder()
                        .addAllData(vector.getValuesList())
                        .setIndices(SparseIndices.newBuilder().addAllData(vector.getIndicesList()))
                        .build();
    }

    private static Vectors both(Vector dense, Vector sparse) {
        return Vectors.newBuilder()
                .setVectors(NamedVectors.newBuilder().putVectors(DENSE, dense).putVectors(WordVectors.NAME, sparse))
                .build();
    }

    /** What unchanged chunks need when their document's payload changed; old is what they have. */
    List<PointsUpdateOperation> rewritten(DocumentHead head, @Nullable DocumentHead old, List<String> chunks) {
        var selector = PointsSelector.newBuilder().setFilter(layout.fence().notNewerThan(head.version(), chunks));
        var operations = new ArrayList<PointsUpdateOperation>();
        Map<String, Value> fields = documentFields(head);
        var set = SetPayload.newBuilder().setPointsSelector(selector);
        if (!layout.own().isEmpty()) {
            set.setKey(layout.own());
            fields = fields.getOrDefault(layout.own(), Value.getDefaultInstance())
                    .getStructValue()
                    .getFieldsMap();
        }
        operations.add(PointsUpdateOperation.newBuilder()
                .setSetPayload(set.putAllPayload(fields))
                .build());
        List<String> gone = old == null ? List.of() : gone(head, old);
        if (!gone.isEmpty()) {
            operations.add(PointsUpdateOperation.newBuilder()
                    .setDeletePayload(
                            DeletePayload.newBuilder().addAllKeys(gone).setPointsSelector(selector))
                    .build());
        }
        return operations;
    }

    private List<String> gone(DocumentHead head, DocumentHead old) {
        var filters = new Filters(layout);
        var gone = new ArrayList<String>();
        if (head.tenant() == null && old.tenant() != null) {
            gone.add(layout.ownPath(Layout.TENANT));
        }
        if (!layout.metadataApart()) {
            old.metadata().keySet().stream()
                    .filter(name -> head.metadata().get(name) == null && isPath(name))
                    .map(name -> filters.metadataPath(List.of(name)))
                    .forEach(gone::add);
        }
        return gone;
    }

    private static boolean isPath(String name) {
        return !name.isEmpty() && name.indexOf('"') < 0 && name.indexOf('\\') < 0;
    }

    /** The part of the payload that comes from the document and not from the chunk. */
    private Map<String, Value> documentFields(DocumentHead head) {
        Map<String, Value> fields = new LinkedHashMap<>();
        if (layout.metadataApart()) {
            fields.put(layout.metadata(), Values.of(head.metadata()));
        } else {
            head.metadata().forEach((name, value) -> {
                if (value != null && !name.isEmpty() && !name.equals(layout.text())) {
                    put(fields, layout.metadata(), name, flat(value));
                }
            });
        }
        Fence.fields(head.version()).forEach((name, value) -> put(fields, layout.own(), name, value));
        put(fields, layout.own(), Layout.ID, Values.of(head.id()));
        put(fields, layout.own(), Layout.PAYLOAD, Values.of(head.payloadHash()));
        Traceparent trace = head.trace();
        if (trace != null) {
            put(fields, layout.own(), Layout.TRACE, Values.of(trace.traceId()));
        }
        if (head.tenant() != null) {
            put(fields, layout.own(), Layout.TENANT, Values.of(head.tenant()));
        }
        return fields;
    }

    private static void put(Map<String, Value> fields, String object, String name, Value value) {
        if (object.isEmpty()) {
            fields.put(name, value);
        } else {
            var inner = fields.getOrDefault(object, Value.getDefaultInstance()).getStructValue().toBuilder();
            fields.put(
                    object,
                    Value.newBuilder()
                            .setStructValue(inner.putFields(name, value))
                            .build());
        }
    }

    private Value flat(Object value) {
        boolean other = value instanceof Boolean || value instanceof List || value instanceof Map;
        return Values.of(layout.scalarsOnly() && other ? json(value) : value);
    }

    private Value headings(List<String> headings) {
        return Values.of(layout.scalarsOnly() ? json(headings) : headings);
    }

    private static String json(Object value) {
        try {
            return JSON.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }

    /** Selects what {@link #read} needs of a payload. */
    WithPayloadSelector selector() {
        return WithPayloadSelector.newBuilder()
                .setInclude(PayloadIncludeSelector.newBuilder()
                        .addFields(layout.text())
                        .addFields(layout.ownPath(Layout.DOCUMENT))
                        .addFields(layout.ownPath(Layout.PAYLOAD))
                        .addFields(layout.ownPath(Layout.HASH))
                        .addFields(layout.ownPath(Layout.HEADINGS)))
                .build();
    }

    /** Selects what {@link #owner} needs of a payload. */
    WithPayloadSelector ownerSelector() {
        return WithPayloadSelector.newBuilder()
                .setInclude(PayloadIncludeSelector.newBuilder().addFields(layout.ownPath(Layout.DOCUMENT)))
                .build();
    }

    /** The id of the head of a chunk's document. */
    String owner(Map<String, Value> payload) {
        return text(own(payload), Layout.DOCUMENT);
    }

    /** A chunk as it was found, with the head and the payload it belongs to. */
    record Found(String id, String headId, String payloadHash, String hash, String text, List<String> headings) {}

    Found read(String id, Map<String, Value> payload) {
        Map<String, Value> own = own(payload);
        return new Found(
                id,
                text(own, Layout.DOCUMENT),
                text(own, Layout.PAYLOAD),
                text(own, Layout.HASH),
                text(payload, layout.text()),
                headings(own.getOrDefault(Layout.HEADINGS, Value.getDefaultInstance())));
    }

    private Map<String, Value> own(Map<String, Value> payload) {
        return layout.own().isEmpty()
                ? payload
                : payload.getOrDefault(layout.own(), Value.getDefaultInstance())
                        .getStructValue()
                        .getFieldsMap();
    }

    private static String text(Map<String, Value> fields, String name) {
        return fields.getOrDefault(name, Value.getDefaultInstance()).getStringValue();
    }

    private static List<String> headings(Value value) {
        if (!value.hasStringValue()) {
            return value.getListValue().getValuesList().stream()
                    .map(Value::getStringValue)
                    .toList();
        }
        try {
            return JSON.readValue(value.getStringValue(), new TypeReference<List<String>>() {});
        } catch (JsonProcessingException e) {
            throw new IndexException(
                    IndexException.Kind.PERMANENT, "The headings of a chunk in Qdrant cannot be read", e);
        }
    }

    StoredChunk stored(RetrievedPoint point) {
        Found found = read(point.getId().getUuid(), point.getPayloadMap());
        return new StoredChunk(found.id(), found.text(), found.headings(), found.hash(), dense(point.getVectors()));
    }

    @SuppressWarnings("deprecation") // older servers fill only the field that newer ones call deprecated
    private static float[] dense(VectorsOutput vectors) {
        VectorOutput output = vectors.hasVector()
                ? vectors.getVector()
                : vectors.getVectors().getVectorsOrDefault(DENSE, VectorOutput.getDefaultInstance());
        List<Float> data = output.hasDense() ? output.getDense().getDataList() : output.getDataList();
        float[] dense = new float[data.size()];
        for (int i = 0; i < dense.length; i++) {
            dense[i] = data.get(i);
        }
        return dense;
    }
}
