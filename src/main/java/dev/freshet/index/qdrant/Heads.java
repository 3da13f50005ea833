package dev.freshet.index.qdrant;

import dev.freshet.index.DocumentHead;
import dev.freshet.index.HeadJson;
import dev.freshet.index.IndexException;
import io.qdrant.client.grpc.Common.Condition;
import io.qdrant.client.grpc.Common.Filter;
import io.qdrant.client.grpc.Common.HasIdCondition;
import io.qdrant.client.grpc.JsonWithInt.Value;
import io.qdrant.client.grpc.Points.NamedVectors;
import io.qdrant.client.grpc.Points.PayloadIncludeSelector;
import io.qdrant.client.grpc.Points.PointStruct;
import io.qdrant.client.grpc.Points.RetrievedPoint;
import io.qdrant.client.grpc.Points.Vectors;
import io.qdrant.client.grpc.Points.WithPayloadSelector;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The heads of a collection's documents: points without vectors, in a collection beside it, so that whoever searches,
 * counts or scrolls the collection itself sees chunks and nothing else.
 */
final class Heads {

    /** The field by which those of a mapping are found. */
    static final String MAPPING = "mapping";

    private static final String HEAD = "head";
    private static final int IDS_PER_REQUEST = 1_000;
    private static final WithPayloadSelector JSON = WithPayloadSelector.newBuilder()
            .setInclude(PayloadIncludeSelector.newBuilder().addFields(HEAD))
            .build();
    private static final WithPayloadSelector ALL =
            WithPayloadSelector.newBuilder().setEnable(true).build();
    private static final Filter NOT_THE_DESCRIPTION = Filter.newBuilder()
            .addMustNot(
                    Condition.newBuilder().setHasId(HasIdCondition.newBuilder().addHasId(Ids.point(Ids.DESCRIPTION))))
            .build();

    private final String collection;
    private final Reads reads;

    Heads(QdrantConnection connection, String collection) {
        this.collection = collection;
        this.reads = new Reads(connection, collection, IDS_PER_REQUEST);
    }

    /** The collection they are in. */
    String collection() {
        return collection;
    }

    /** What the collection of chunks says of itself, unless its creation or removal was cut short. */
    Optional<Description> description() {
        return reads.get(List.of(Ids.DESCRIPTION), ALL, false).stream()
                .findFirst()
                .map(point -> Description.read(collection, point.getPayloadMap()));
    }

    static PointStruct point(String id, DocumentHead head) {
        return PointStruct.newBuilder()
                .setId(Ids.point(id))
                .setVectors(Vectors.newBuilder().setVectors(NamedVectors.getDefaultInstance()))
                .putPayload(HEAD, Values.of(new String(HeadJson.write(head), StandardCharsets.UTF_8)))
                .putPayload(MAPPING, Values.of(head.key().mapping()))
                .build();
    }

    /** Those of the heads that there are, by the ids of their points. */
    Map<String, DocumentHead> read(Collection<String> ids) {
        var heads = new HashMap<String, DocumentHead>();
        reads.get(ids, JSON, false).forEach(point -> heads.put(point.getId().getUuid(), head(point)));
        return heads;
    }

    private static DocumentHead head(RetrievedPoint point) {
        byte[] json = point.getPayloadOrDefault(HEAD, Value.getDefaultInstance())
                .getStringValue()
                .getBytes(StandardCharsets.UTF_8);
        try {
            return HeadJson.read(json, 0, json.length);
        } catch (IOException e) {
            throw new IndexException(
                    IndexException.Kind.PERMANENT,
                    "The head " + point.getId().getUuid() + " in Qdrant cannot be read: " + e.getMessage(),
                    e);
        }
    }

    /** Hands all heads to the consumer, by pages, with the ids of their points. */
    void pages(int size, Consumer<Map<String, DocumentHead>> consumer) {
        reads.pages(NOT_THE_DESCRIPTION, JSON, size, page -> {
            var heads = new HashMap<String, DocumentHead>();
            page.forEach(point -> heads.put(point.getId().getUuid(), head(point)));
            consumer.accept(heads);
        });
    }

    /** Hands the ids of a mapping's heads to the consumer, by pages. */
    void idPages(String mapping, Consumer<List<String>> consumer) {
        reads.idPages(Filters.anyOf(MAPPING, List.of(mapping)), consumer);
    }

    long count() {
        return reads.count(NOT_THE_DESCRIPTION);
    }
}
