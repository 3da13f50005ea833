package dev.freshet.index.qdrant;

import dev.freshet.change.Traceparent;
import dev.freshet.change.Version;
import dev.freshet.index.DocumentHead;
import dev.freshet.index.HeadJson;
import dev.freshet.index.IndexException;
import dev.freshet.index.Tombstone;
import io.qdrant.client.grpc.Common.Filter;
import io.qdrant.client.grpc.JsonWithInt.Value;
import io.qdrant.client.grpc.Points.NamedVectors;
import io.qdrant.client.grpc.Points.PayloadIncludeSelector;
import io.qdrant.client.grpc.Points.PointStruct;
import io.qdrant.client.grpc.Points.RetrievedPoint;
import io.qdrant.client.grpc.Points.Vectors;
import io.qdrant.client.grpc.Points.WithPayloadSelector;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The heads of a collection's documents: points without vectors, in a collection beside it, so that whoever searches,
 * counts or scrolls the collection itself sees chunks and nothing else.
 */
final class Heads {

    /** The field by which those of a mapping are found. */
    static final String MAPPING = "mapping";

    /** The field that tells a head from another of its document. */
    static final String STAMP = "stamp";

    /** The field that marks a tombstone. */
    static final String REMOVED = "removed";

    /** The field of when a tombstone was made, in milliseconds. */
    static final String REMOVED_AT = "removed_at";

    /** The field of the trace context of the change that a tombstone is of. */
    static final String REMOVED_BY = "removed_by";

    /** In the payload of heads. */
    static final Fence FENCE = new Fence(field -> field);

    private static final String HEAD = "head";
    private static final int IDS_PER_REQUEST = 1_000;
    private static final int TOMBSTONES_PER_PAGE = 1_000;
    private static final WithPayloadSelector ALL =
            WithPayloadSelector.newBuilder().setEnable(true).build();
    private static final WithPayloadSelector MARK = WithPayloadSelector.newBuilder()
            .setInclude(PayloadIncludeSelector.newBuilder().addFields(STAMP).addAllFields(Fence.FIELDS))
            .build();
    private static final Filter LIVE = Filter.newBuilder()
            .addMustNot(Fence.hasId(List.of(Ids.DESCRIPTION)))
            .addMustNot(Fence.flag(REMOVED))
            .build();

    /** Who wrote last of a document: the version, and what tells it from others of that version. */
    record Mark(Version version, String stamp) {}

    /**
     * What there is of a document.
     *
     * @param stamp tells it from what else there was
     * @param head null for a tombstone
     */
    record State(Version version, String stamp, @Nullable DocumentHead head) {}

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
                .putPayload(STAMP, Values.of(head.stamp()))
                .putAllPayload(Fence.fields(head.version()))
                .build();
    }

    /** Takes the place of a document's head when the document is removed. */
    static PointStruct tombstone(String id, String mapping, Version version, @Nullable Traceparent trace, Instant now) {
        var point = PointStruct.newBuilder()
                .setId(Ids.point(id))
                .setVectors(Vectors.newBuilder().setVectors(NamedVectors.getDefaultInstance()))
                .putPayload(MAPPING, Values.of(mapping))
                .putPayload(STAMP, Values.of(tombstoneStamp(version)))
                .putPayload(REMOVED, Values.of(true))
                .putPayload(REMOVED_AT, Values.of(now.toEpochMilli()))
                .putAllPayload(Fence.fields(version));
        if (trace != null) {
            point.putPayload(REMOVED_BY, Values.of(trace.toString()));
        }
        return point.build();
    }

    static String tombstoneStamp(Version version) {
        return "removed " + version;
    }

    /** What took the place of a head, if it did. */
    Optional<Tombstone> tombstone(String id) {
        return reads.get(List.of(id), ALL, false).stream()
                .filter(point -> point.containsPayload(REMOVED))
                .findFirst()
                .map(point -> new Tombstone(
                        Fence.version(point.getPayloadMap()),
                        Instant.ofEpochMilli(point.getPayloadOrDefault(REMOVED_AT, Value.getDefaultInstance())
                                .getIntegerValue()),
                        Traceparent.parse(point.getPayloadOrDefault(REMOVED_BY, Value.getDefaultInstance())
                                        .getStringValue())
                                .orElse(null)));
    }

    /** Those of the heads that there are, by the ids of their points. */
    Map<String, DocumentHead> read(Collection<String> ids) {
        var heads = new HashMap<String, DocumentHead>();
        states(ids).forEach((id, state) -> {
            if (state.head() != null) {
                heads.put(id, state.head());
            }
        });
        return heads;
    }

    /** What tells who wrote last of documents, by the ids of the points. */
    Map<String, Mark> marks(Collection<String> ids) {
        var marks = new HashMap<String, Mark>();
        reads.get(ids, MARK, false)
                .forEach(point -> marks.put(
                        point.getId().getUuid(), new Mark(Fence.version(point.getPayloadMap()), stamp(point))));
        return marks;
    }

    /** What there is of documents, by the ids of the points. */
    Map<String, State> states(Collection<String> ids) {
        var states = new HashMap<String, State>();
        reads.get(ids, ALL, false).forEach(point -> states.put(point.getId().getUuid(), state(point)));
        return states;
    }

    private static State state(RetrievedPoint point) {
        return new State(
                Fence.version(point.getPayloadMap()), stamp(point), point.containsPayload(HEAD) ? head(point) : null);
    }

    private static String stamp(RetrievedPoint point) {
        return point.getPayloadOrDefault(STAMP, Value.getDefaultInstance()).getStringValue();
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
        reads.pages(LIVE, ALL, size, page -> {
            var heads = new HashMap<String, DocumentHead>();
            page.forEach(point -> heads.put(point.getId().getUuid(), head(point)));
            consumer.accept(heads);
        });
    }

    /** Hands the ids of all that there is of a mapping, tombstones too, to the consumer, by pages. */
    void idPages(String mapping, Consumer<List<String>> consumer) {
        reads.idPages(of(mapping), consumer);
    }

    /** Hands the ids of those heads of a mapping that are not newer than the version to the consumer, by pages. */
    void idPages(String mapping, Version version, Consumer<List<String>> consumer) {
        Filter old = LIVE.toBuilder()
                .addMust(Fence.keywords(MAPPING, List.of(mapping)))
                .addAllShould(FENCE.notNewerThan(version).getShouldList())
                .build();
        reads.idPages(old, consumer);
    }

    /** Hands the ids of the tombstones made until then, with their stamps, to the consumer, by pages. */
    void tombstonePages(Instant until, Consumer<Map<String, String>> consumer) {
        Filter old = Filter.newBuilder()
                .addMust(Fence.flag(REMOVED))
                .addMust(Fence.atMost(REMOVED_AT, until.toEpochMilli()))
                .build();
        reads.pages(old, ALL, TOMBSTONES_PER_PAGE, page -> {
            var stamps = new HashMap<String, String>();
            page.forEach(
                    point -> stamps.put(point.getId().getUuid(), state(point).stamp()));
            consumer.accept(stamps);
        });
    }

    long count() {
        return reads.count(LIVE);
    }

    /** How many documents a mapping has. */
    long count(String mapping) {
        return reads.count(LIVE.toBuilder()
                .addMust(Fence.keywords(MAPPING, List.of(mapping)))
                .build());
    }

    private static Filter of(String mapping) {
        return Filter.newBuilder()
                .addMust(Fence.keywords(MAPPING, List.of(mapping)))
                .build();
    }
}
