package dev.freshet.index.qdrant;

import io.grpc.Status;
import io.qdrant.client.grpc.Collections.CollectionConfig;
import io.qdrant.client.grpc.Collections.CollectionInfo;
import io.qdrant.client.grpc.Collections.CollectionParams;
import io.qdrant.client.grpc.Collections.CreateCollection;
import io.qdrant.client.grpc.Collections.Distance;
import io.qdrant.client.grpc.Collections.PayloadSchemaInfo;
import io.qdrant.client.grpc.Collections.PayloadSchemaType;
import io.qdrant.client.grpc.Common.Filter;
import io.qdrant.client.grpc.Common.PointId;
import io.qdrant.client.grpc.JsonWithInt.Struct;
import io.qdrant.client.grpc.JsonWithInt.Value;
import io.qdrant.client.grpc.Points.DenseVector;
import io.qdrant.client.grpc.Points.FieldType;
import io.qdrant.client.grpc.Points.NamedVectorsOutput;
import io.qdrant.client.grpc.Points.PointStruct;
import io.qdrant.client.grpc.Points.PointsSelector;
import io.qdrant.client.grpc.Points.PointsUpdateOperation;
import io.qdrant.client.grpc.Points.PointsUpdateOperation.PointStructList;
import io.qdrant.client.grpc.Points.RetrievedPoint;
import io.qdrant.client.grpc.Points.ScoredPoint;
import io.qdrant.client.grpc.Points.SparseVector;
import io.qdrant.client.grpc.Points.UpdateMode;
import io.qdrant.client.grpc.Points.Vector;
import io.qdrant.client.grpc.Points.VectorInput;
import io.qdrant.client.grpc.Points.VectorOutput;
import io.qdrant.client.grpc.Points.VectorsOutput;
import io.qdrant.client.grpc.Points.WithPayloadSelector;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/** A collection of the {@link QdrantDouble}. */
final class DoubleCollection {

    /** How many points are written under one lock: readers see the rest later. */
    private static final int POINTS_PER_LOCK = 32;

    record Point(Map<String, float[]> dense, Map<String, SparseVector> sparse, Map<String, Value> payload) {}

    private final QdrantDouble server;
    private final CreateCollection created;
    private final NavigableMap<String, Point> points = new ConcurrentSkipListMap<>();
    private final Map<String, FieldType> indexes = new ConcurrentHashMap<>();

    DoubleCollection(QdrantDouble server, CreateCollection created) {
        this.server = server;
        this.created = created;
    }

    CreateCollection created() {
        return created;
    }

    NavigableMap<String, Point> points() {
        return points;
    }

    Map<String, FieldType> indexes() {
        return indexes;
    }

    CollectionInfo info() {
        var info = CollectionInfo.newBuilder()
                .setPointsCount(points.size())
                .setConfig(CollectionConfig.newBuilder()
                        .setParams(CollectionParams.newBuilder()
                                .setShardNumber(Math.max(1, created.getShardNumber()))
                                .setVectorsConfig(created.getVectorsConfig())
                                .setSparseVectorsConfig(created.getSparseVectorsConfig()))
                        .setHnswConfig(created.getHnswConfig())
                        .setQuantizationConfig(created.getQuantizationConfig()));
        indexes.forEach((path, type) -> info.putPayloadSchema(
                path,
                PayloadSchemaInfo.newBuilder()
                        .setDataType(PayloadSchemaType.valueOf(type.name().substring("FieldType".length())))
                        .build()));
        return info.build();
    }

    void createIndex(String path, FieldType type) {
        DoubleFilter.steps(path);
        indexes.put(path, type);
    }

    // ---- writing

    void apply(PointsUpdateOperation operation) {
        switch (operation.getOperationCase()) {
            case UPSERT -> upsert(operation.getUpsert());
            case DELETE_POINTS ->
                selected(operation.getDeletePoints().getPoints(), false).forEach(points::remove);
            case SET_PAYLOAD -> {
                var set = operation.getSetPayload();
                for (String id : selected(set.getPointsSelector(), true)) {
                    points.computeIfPresent(
                            id, (same, point) -> with(point, set(point.payload(), set.getKey(), set.getPayloadMap())));
                }
            }
            case DELETE_PAYLOAD -> {
                var delete = operation.getDeletePayload();
                for (String id : selected(delete.getPointsSelector(), true)) {
                    points.computeIfPresent(
                            id, (same, point) -> with(point, without(point.payload(), delete.getKeysList())));
                }
            }
            default -> throw invalid("the double knows no operation " + operation.getOperationCase());
        }
    }

    private static Point with(Point point, Map<String, Value> payload) {
        return new Point(point.dense(), point.sparse(), payload);
    }

    private static Map<String, Value> set(Map<String, Value> payload, String key, Map<String, Value> fields) {
        var result = new HashMap<>(payload);
        if (key.isEmpty()) {
            result.putAll(fields);
        } else {
            var inner = result.getOrDefault(key, Value.getDefaultInstance()).getStructValue();
            result.put(
                    key,
                    Value.newBuilder()
                            .setStructValue(inner.toBuilder().putAllFields(fields))
                            .build());
        }
        return result;
    }

    private static Map<String, Value> without(Map<String, Value> payload, List<String> paths) {
        var result = new HashMap<>(payload);
        for (String path : paths) {
            List<String> steps = DoubleFilter.steps(path);
            if (steps.size() == 1) {
                result.remove(steps.getFirst());
            } else {
                Struct inner = result.getOrDefault(steps.getFirst(), Value.getDefaultInstance())
                        .getStructValue();
                result.put(
                        steps.getFirst(),
                        Value.newBuilder()
                                .setStructValue(inner.toBuilder().removeFields(steps.get(1)))
                                .build());
            }
        }
        return result;
    }

    private List<String> selected(PointsSelector selector, boolean mustExist) {
        if (selector.hasFilter()) {
            server.requireIndexed(selector.getFilter(), this);
            return points.entrySet().stream()
                    .filter(entry -> filter().matches(
                                    selector.getFilter(),
                                    entry.getKey(),
                                    entry.getValue().payload()))
                    .map(Map.Entry::getKey)
                    .toList();
        }
        List<String> ids = selector.getPoints().getIdsList().stream()
                .map(DoubleCollection::id)
                .toList();
        if (mustExist) {
            for (String id : ids) {
                if (!points.containsKey(id)) {
                    throw Status.NOT_FOUND
                            .withDescription("Not found: No point with id " + id + " found")
                            .asRuntimeException();
                }
            }
        }
        return ids;
    }

    private void upsert(PointStructList list) {
        Map<String, Point> parsed = new LinkedHashMap<>();
        list.getPointsList().forEach(point -> parsed.put(id(point.getId()), parse(point)));
        int inLock = 0;
        for (var entry : parsed.entrySet()) {
            Point old = points.get(entry.getKey());
            // Silently, as the server does.
            boolean skipped = old != null
                    && (list.getUpdateMode() == UpdateMode.InsertOnly
                            || (list.hasUpdateFilter()
                                    && server.minor() >= 16
                                    && !filter().matches(list.getUpdateFilter(), entry.getKey(), old.payload())));
            if (!skipped) {
                points.put(entry.getKey(), old == null ? entry.getValue() : retaining(old, entry.getValue()));
            }
            if (++inLock % POINTS_PER_LOCK == 0) {
                server.letReadersIn();
            }
        }
    }

    /** On a segment that is being optimized the old of what is left out stays. */
    private Point retaining(Point old, Point next) {
        if (!server.copiesOnWrite()) {
            return next;
        }
        Map<String, float[]> dense = new HashMap<>(old.dense());
        dense.putAll(next.dense());
        Map<String, SparseVector> sparse = new HashMap<>(old.sparse());
        sparse.putAll(next.sparse());
        return new Point(dense, sparse, next.payload().isEmpty() ? old.payload() : next.payload());
    }

    private Point parse(PointStruct point) {
        if (!point.hasVectors()
                || (!point.getVectors().hasVector() && !point.getVectors().hasVectors())) {
            throw invalid("Expected some vectors");
        }
        Map<String, Vector> named = point.getVectors().hasVector()
                ? Map.of("", point.getVectors().getVector())
                : point.getVectors().getVectors().getVectorsMap();
        Map<String, float[]> dense = new HashMap<>();
        Map<String, SparseVector> sparse = new HashMap<>();
        named.forEach((name, vector) -> {
            if (created.getSparseVectorsConfig().containsMap(name)) {
                sparse.put(name, sparse(vector));
            } else if (name.isEmpty() && created.getVectorsConfig().hasParams()) {
                dense.put(name, dense(vector));
            } else {
                throw invalid("Wrong input: Not existing vector name error: " + name);
            }
        });
        return new Point(dense, sparse, Map.copyOf(point.getPayloadMap()));
    }

    @SuppressWarnings("deprecation") // all that older servers know
    private SparseVector sparse(Vector vector) {
        if (vector.hasDocument() && server.minor() >= 13) {
            server.requireInference(vector.getDocument().getModel());
            return Bm25.document(vector.getDocument().getText());
        }
        SparseVector sparse = vector.hasSparse() && server.minor() >= 13
                ? vector.getSparse()
                : SparseVector.newBuilder()
                        .addAllValues(vector.getDataList())
                        .addAllIndices(vector.getIndices().getDataList())
                        .build();
        if (sparse.getIndicesCount() != sparse.getValuesCount()
                || sparse.getIndicesList().stream().distinct().count() != sparse.getIndicesCount()) {
            throw invalid("Validation error in sparse vector");
        }
        return sparse;
    }

    @SuppressWarnings("deprecation") // stores of frameworks still fill it
    private float[] dense(Vector vector) {
        List<Float> data =
                vector.hasDense() && server.minor() >= 13 ? vector.getDense().getDataList() : vector.getDataList();
        return checked(floats(data));
    }

    private float[] checked(float[] vector) {
        long size = created.getVectorsConfig().getParams().getSize();
        if (vector.length != size) {
            throw invalid(
                    "Wrong input: Vector dimension error: expected dim: %d, got %d".formatted(size, vector.length));
        }
        return created.getVectorsConfig().getParams().getDistance() == Distance.Cosine ? unit(vector) : vector;
    }

    private static float[] floats(List<Float> data) {
        float[] floats = new float[data.size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = data.get(i);
        }
        return floats;
    }

    private static float[] unit(float[] vector) {
        double square = 0;
        for (float value : vector) {
            square += (double) value * value;
        }
        float[] unit = new float[vector.length];
        for (int i = 0; i < unit.length; i++) {
            unit[i] = (float) (vector[i] / Math.sqrt(square));
        }
        return unit;
    }

    static String id(PointId id) {
        try {
            return UUID.fromString(id.getUuid()).toString();
        } catch (IllegalArgumentException e) {
            throw invalid("Unable to parse UUID: " + id.getUuid());
        }
    }

    // ---- reading

    DoubleFilter filter() {
        return new DoubleFilter(path -> indexes.get(path) == FieldType.FieldTypeInteger);
    }

    List<Map.Entry<String, Point>> matching(Filter filter) {
        var evaluated = filter();
        return points.entrySet().stream()
                .filter(entry -> evaluated.matches(
                        filter, entry.getKey(), entry.getValue().payload()))
                .toList();
    }

    List<ScoredPoint> query(
            VectorInput input, String using, Filter filter, long limit, WithPayloadSelector payload, boolean vectors) {
        Map<String, Float> scores = new TreeMap<>();
        boolean ascending = false;
        if (created.getSparseVectorsConfig().containsMap(using)) {
            SparseVector query = input.getSparse();
            if (input.hasDocument()) {
                if (server.minor() < 13) {
                    throw invalid("VectorInput is missing");
                }
                server.requireInference(input.getDocument().getModel());
                query = Bm25.query(input.getDocument().getText());
            }
            bySparse(query, using, matching(filter), scores);
        } else if (using.isEmpty() && created.getVectorsConfig().hasParams()) {
            Distance distance = created.getVectorsConfig().getParams().getDistance();
            ascending = distance == Distance.Euclid;
            float[] query = checked(floats(input.getDense().getDataList()));
            matching(filter).forEach(entry -> {
                float[] vector = entry.getValue().dense().get("");
                if (vector != null) {
                    scores.put(entry.getKey(), score(distance, query, vector));
                }
            });
        } else {
            throw invalid("Wrong input: Not existing vector name error: " + using);
        }
        Comparator<Map.Entry<String, Float>> order = Map.Entry.comparingByValue();
        return scores.entrySet().stream()
                // Equal scores come in any order: here the reverse of what anybody would want.
                .sorted((ascending ? order : order.reversed())
                        .thenComparing(Map.Entry.comparingByKey(Comparator.reverseOrder())))
                .limit(limit)
                .map(entry -> scored(entry.getKey(), entry.getValue(), payload, vectors))
                .filter(java.util.Objects::nonNull)
                .toList();
    }

    private static float score(Distance distance, float[] a, float[] b) {
        double dot = 0;
        double square = 0;
        for (int i = 0; i < a.length; i++) {
            dot += (double) a[i] * b[i];
            square += ((double) a[i] - b[i]) * ((double) a[i] - b[i]);
        }
        return (float) (distance == Distance.Euclid ? Math.sqrt(square) : dot);
    }

    private void bySparse(
            SparseVector query, String using, List<Map.Entry<String, Point>> among, Map<String, Float> scores) {
        Map<Integer, Integer> documents = new HashMap<>();
        points.values().forEach(point -> {
            SparseVector vector = point.sparse().get(using);
            if (vector != null) {
                vector.getIndicesList().forEach(index -> documents.merge(index, 1, Integer::sum));
            }
        });
        double total = points.size();
        among.forEach(entry -> {
            SparseVector vector = entry.getValue().sparse().get(using);
            double sum = 0;
            boolean any = false;
            for (int i = 0; vector != null && i < query.getIndicesCount(); i++) {
                int at = vector.getIndicesList().indexOf(query.getIndices(i));
                if (at >= 0) {
                    any = true;
                    double frequency = documents.getOrDefault(query.getIndices(i), 0);
                    sum += Math.log(1 + (total - frequency + 0.5) / (frequency + 0.5))
                            * vector.getValues(at)
                            * query.getValues(i);
                }
            }
            if (any) {
                scores.put(entry.getKey(), (float) sum);
            }
        });
    }

    private @Nullable ScoredPoint scored(String id, float score, WithPayloadSelector payload, boolean vectors) {
        RetrievedPoint point = retrieved(id, payload, vectors);
        if (point == null) {
            return null;
        }
        var scored =
                ScoredPoint.newBuilder().setId(point.getId()).setScore(score).putAllPayload(point.getPayloadMap());
        if (vectors) {
            scored.setVectors(point.getVectors());
        }
        return scored.build();
    }

    @Nullable RetrievedPoint retrieved(String id, WithPayloadSelector selector, boolean vectors) {
        Point point = points.get(id);
        if (point == null) {
            return null;
        }
        var result = RetrievedPoint.newBuilder()
                .setId(PointId.newBuilder().setUuid(id))
                .putAllPayload(payload(point.payload(), selector));
        if (vectors) {
            result.setVectors(output(point));
        }
        return result.build();
    }

    private static Map<String, Value> payload(Map<String, Value> payload, WithPayloadSelector selector) {
        if (selector.hasInclude()) {
            Map<String, Value> some = new HashMap<>();
            for (String path : selector.getInclude().getFieldsList()) {
                List<String> steps = DoubleFilter.steps(path);
                for (Value value : DoubleFilter.values(path, payload)) {
                    if (steps.size() == 1) {
                        some.put(steps.getFirst(), value);
                    } else {
                        some.putAll(set(some, steps.getFirst(), Map.of(steps.get(1), value)));
                    }
                }
            }
            return some;
        }
        return selector.getEnable() ? payload : Map.of();
    }

    /**
     * One unnamed vector comes by itself; beside another it is one of the named, with an empty name. Up to 1.16 the old
     * field has the data, since then the new one.
     */
    @SuppressWarnings("deprecation") // the old field
    private VectorsOutput output(Point point) {
        Map<String, VectorOutput> named = new HashMap<>();
        point.dense().forEach((name, vector) -> {
            List<Float> data = new ArrayList<>();
            for (float value : vector) {
                data.add(value);
            }
            named.put(
                    name,
                    server.minor() >= 17
                            ? VectorOutput.newBuilder()
                                    .setDense(DenseVector.newBuilder().addAllData(data))
                                    .build()
                            : VectorOutput.newBuilder().addAllData(data).build());
        });
        point.sparse()
                .forEach((name, vector) -> named.put(
                        name, VectorOutput.newBuilder().setSparse(vector).build()));
        if (named.size() == 1 && named.containsKey("")) {
            return VectorsOutput.newBuilder().setVector(named.get("")).build();
        }
        return VectorsOutput.newBuilder()
                .setVectors(NamedVectorsOutput.newBuilder().putAllVectors(named))
                .build();
    }

    static RuntimeException invalid(String why) {
        return Status.INVALID_ARGUMENT.withDescription(why).asRuntimeException();
    }
}
