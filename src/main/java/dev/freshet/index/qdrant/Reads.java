package dev.freshet.index.qdrant;

import io.qdrant.client.grpc.Common.Filter;
import io.qdrant.client.grpc.Common.PointId;
import io.qdrant.client.grpc.Points.CountPoints;
import io.qdrant.client.grpc.Points.GetPoints;
import io.qdrant.client.grpc.Points.RetrievedPoint;
import io.qdrant.client.grpc.Points.ScrollPoints;
import io.qdrant.client.grpc.Points.ScrollResponse;
import io.qdrant.client.grpc.Points.WithPayloadSelector;
import io.qdrant.client.grpc.Points.WithVectorsSelector;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Reads points of one collection by id, and by pages. */
final class Reads {

    private static final WithPayloadSelector NOTHING =
            WithPayloadSelector.newBuilder().setEnable(false).build();
    static final int IDS_PER_PAGE = 10_000;

    private final QdrantConnection connection;
    private final String collection;
    private final int idsPerRequest;

    /** @param idsPerRequest how many points to ask for at a time by id */
    Reads(QdrantConnection connection, String collection, int idsPerRequest) {
        this.connection = connection;
        this.collection = collection;
        this.idsPerRequest = idsPerRequest;
    }

    /** Those of the points that there are, in no particular order. */
    List<RetrievedPoint> get(Collection<String> ids, WithPayloadSelector payload, boolean vectors) {
        var found = new ArrayList<RetrievedPoint>(ids.size());
        List<String> all = List.copyOf(ids);
        for (int from = 0; from < all.size(); from += idsPerRequest) {
            var request = GetPoints.newBuilder()
                    .setCollectionName(collection)
                    .setWithPayload(payload)
                    .setWithVectors(WithVectorsSelector.newBuilder().setEnable(vectors));
            all.subList(from, Math.min(all.size(), from + idsPerRequest)).forEach(id -> request.addIds(Ids.point(id)));
            found.addAll(connection
                    .points("read collection " + collection, points -> points.get(request.build()))
                    .getResultList());
        }
        return found;
    }

    /** Hands pages of the points that satisfy the filter to the consumer, which may delete them. */
    void pages(Filter filter, WithPayloadSelector payload, int size, Consumer<List<RetrievedPoint>> consumer) {
        int limit = size;
        PointId next = null;
        do {
            ScrollResponse page;
            try {
                page = page(filter, payload, limit, next);
            } catch (CallFailed e) {
                if (!e.asksForLess() || limit == 1) {
                    throw e;
                }
                limit = Math.max(1, limit / 8);
                continue;
            }
            consumer.accept(page.getResultList());
            next = page.hasNextPageOffset() ? page.getNextPageOffset() : null;
            if (next == null) {
                return;
            }
        } while (true);
    }

    private ScrollResponse page(Filter filter, WithPayloadSelector payload, int limit, @Nullable PointId from) {
        var request = ScrollPoints.newBuilder()
                .setCollectionName(collection)
                .setFilter(filter)
                .setLimit(limit)
                .setWithPayload(payload)
                .setWithVectors(WithVectorsSelector.newBuilder().setEnable(false));
        if (from != null) {
            request.setOffset(from);
        }
        return connection.points("read collection " + collection, points -> points.scroll(request.build()));
    }

    /** Hands pages of ids of the points that satisfy the filter to the consumer, which may delete them. */
    void idPages(Filter filter, Consumer<List<String>> consumer) {
        pages(filter, NOTHING, IDS_PER_PAGE, page -> {
            if (!page.isEmpty()) {
                consumer.accept(
                        page.stream().map(point -> point.getId().getUuid()).toList());
            }
        });
    }

    /** How many points satisfy the filter. */
    long count(Filter filter) {
        var request = CountPoints.newBuilder()
                .setCollectionName(collection)
                .setFilter(filter)
                .setExact(true)
                .build();
        return connection
                .points("count collection " + collection, points -> points.count(request))
                .getResult()
                .getCount();
    }
}
