package dev.freshet.index.qdrant;

import dev.freshet.index.DocumentHead;
import io.qdrant.client.grpc.Collections.KeywordIndexParams;
import io.qdrant.client.grpc.Collections.PayloadIndexParams;
import io.qdrant.client.grpc.Collections.PayloadSchemaInfo;
import io.qdrant.client.grpc.Points.CreateFieldIndexCollection;
import io.qdrant.client.grpc.Points.DeleteFieldIndexCollection;
import io.qdrant.client.grpc.Points.FieldType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Indexes the fields of the payload that are filtered by: Freshet's own at once, those of the metadata when the first
 * value of a field comes, by its type.
 *
 * <p>A field has one index. The server uses it for the conditions that its type can answer, and looks at the payload for
 * the others, so a field whose values are of several types is still filtered rightly. The one exception: an integer
 * index answers ranges without seeing fractions. So it is replaced when the first fraction comes.
 */
final class PayloadIndexes {

    private static final Logger LOG = LoggerFactory.getLogger(PayloadIndexes.class);

    /** Enough for columns; maps with free keys must not make indexes without end. */
    private static final int MOST = 64;

    private static final int DEEPEST = 4;

    private final QdrantConnection connection;
    private final String collection;
    private final Layout layout;
    private final Filters filters;
    private final Map<String, FieldType> types = new ConcurrentHashMap<>();

    PayloadIndexes(
            QdrantConnection connection, String collection, Layout layout, Map<String, PayloadSchemaInfo> present) {
        this.connection = connection;
        this.collection = collection;
        this.layout = layout;
        this.filters = new Filters(layout);
        present.forEach((path, schema) -> types.put(path, type(schema)));
    }

    private static FieldType type(PayloadSchemaInfo schema) {
        return switch (schema.getDataType()) {
            case Integer -> FieldType.FieldTypeInteger;
            case Float -> FieldType.FieldTypeFloat;
            case Bool -> FieldType.FieldTypeBool;
            case Datetime -> FieldType.FieldTypeDatetime;
            case Geo -> FieldType.FieldTypeGeo;
            case Text -> FieldType.FieldTypeText;
            case Uuid -> FieldType.FieldTypeUuid;
            case Keyword, UnknownType, UNRECOGNIZED -> FieldType.FieldTypeKeyword;
        };
    }

    /** Makes those that every collection has. */
    void createOwn() {
        for (String field : List.of(Layout.DOCUMENT, Layout.MAPPING, Layout.ID)) {
            ensure(layout.ownPath(field), FieldType.FieldTypeKeyword);
        }
        for (String field : Fence.FIELDS) {
            ensure(layout.ownPath(field), FieldType.FieldTypeInteger);
        }
        String tenant = layout.ownPath(Layout.TENANT);
        if (!types.containsKey(tenant)) {
            create(
                    tenant,
                    FieldType.FieldTypeKeyword,
                    PayloadIndexParams.newBuilder()
                            .setKeywordIndexParams(
                                    KeywordIndexParams.newBuilder().setIsTenant(true))
                            .build());
        }
    }

    /** Makes those that are missing for what the heads say. Before the points come, which is when it costs least. */
    void ensure(List<DocumentHead> heads) {
        Map<String, FieldType> wanted = new LinkedHashMap<>();
        heads.forEach(head ->
                head.metadata().forEach((name, value) -> collect(wanted, new ArrayList<>(List.of(name)), value)));
        wanted.forEach(this::ensure);
    }

    private void collect(Map<String, FieldType> wanted, List<String> names, @Nullable Object value) {
        String last = names.getLast();
        if (last.isEmpty() || last.indexOf('"') >= 0 || last.indexOf('\\') >= 0) {
            return;
        }
        if (layout.scalarsOnly() && value != null) {
            // Whatever is neither text nor number is written as text.
            add(wanted, names, value instanceof Number ? typeOf(value) : FieldType.FieldTypeKeyword);
            return;
        }
        switch (value) {
            case null -> {
                // Has no type.
            }
            case List<?> list ->
                list.forEach(element -> {
                    // A list in a list, or an object in one, is nothing that a condition on the field sees.
                    if (!(element instanceof List || element instanceof Map)) {
                        collect(wanted, names, element);
                    }
                });
            case Map<?, ?> map -> {
                if (names.size() < DEEPEST) {
                    map.forEach((name, element) -> {
                        var inner = new ArrayList<>(names);
                        inner.add((String) name);
                        collect(wanted, inner, element);
                    });
                }
            }
            default -> add(wanted, names, typeOf(value));
        }
    }

    private void add(Map<String, FieldType> wanted, List<String> names, FieldType type) {
        wanted.merge(filters.metadataPath(names), type, PayloadIndexes::wider);
    }

    private static FieldType typeOf(Object value) {
        return switch (value) {
            case Boolean ignored -> FieldType.FieldTypeBool;
            case Number number -> Values.isInteger(number) ? FieldType.FieldTypeInteger : FieldType.FieldTypeFloat;
            default ->
                Times.parse(value.toString()).isPresent() ? FieldType.FieldTypeDatetime : FieldType.FieldTypeKeyword;
        };
    }

    /** The first stays, but for integers of which another is a fraction. */
    private static FieldType wider(FieldType first, FieldType second) {
        return first == FieldType.FieldTypeInteger && second == FieldType.FieldTypeFloat ? second : first;
    }

    private synchronized void ensure(String path, FieldType type) {
        FieldType present = types.get(path);
        if (present == null) {
            if (types.size() < MOST) {
                create(path, type, null);
            }
        } else if (wider(present, type) != present) {
            LOG.info("field has fractions too, its index is replaced collection={} field={}", collection, path);
            var delete = DeleteFieldIndexCollection.newBuilder()
                    .setCollectionName(collection)
                    .setFieldName(path)
                    .setWait(true)
                    .build();
            connection.points("replace the index of " + path, points -> points.deleteFieldIndex(delete));
            types.remove(path);
            create(path, type, null);
        }
    }

    /** Waits until the server knows it. A server that does not want another index is left in peace. */
    private void create(String path, FieldType type, @Nullable PayloadIndexParams params) {
        var request = CreateFieldIndexCollection.newBuilder()
                .setCollectionName(collection)
                .setFieldName(path)
                .setFieldType(type)
                .setWait(true);
        if (params != null) {
            request.setFieldIndexParams(params);
        }
        try {
            connection.points("index field " + path, points -> points.createFieldIndex(request.build()));
        } catch (CallFailed e) {
            switch (e.code()) {
                case INVALID_ARGUMENT, FAILED_PRECONDITION, DEADLINE_EXCEEDED ->
                    LOG.warn("field is not indexed collection={} field={} error={}", collection, path, e.getMessage());
                default -> throw e;
            }
        }
        types.put(path, type);
    }
}
