package dev.freshet.index.qdrant;

import com.google.protobuf.MessageLite;
import dev.freshet.config.QdrantConfig.WriteOrdering;
import io.qdrant.client.grpc.Common.Condition;
import io.qdrant.client.grpc.Common.Filter;
import io.qdrant.client.grpc.Common.HasIdCondition;
import io.qdrant.client.grpc.Common.PointId;
import io.qdrant.client.grpc.Points;
import io.qdrant.client.grpc.Points.PointStruct;
import io.qdrant.client.grpc.Points.PointsIdsList;
import io.qdrant.client.grpc.Points.PointsSelector;
import io.qdrant.client.grpc.Points.PointsUpdateOperation;
import io.qdrant.client.grpc.Points.PointsUpdateOperation.PointStructList;
import io.qdrant.client.grpc.Points.UpdateBatchPoints;
import io.qdrant.client.grpc.Points.UpdateResult;
import io.qdrant.client.grpc.Points.UpdateStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Sends updates, as many as fit in one request, and returns when all are applied. What the server finds too much at
 * once is sent in halves; what it wants later is sent later, as long as that is bearable. Thread-safe.
 */
final class Updates {

    private static final int BYTES_PER_REQUEST = 16 << 20;
    private static final int MOST_POINTS = 2_048;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final QdrantConnection connection;
    private final Points.WriteOrdering ordering;

    /** How many points one operation may have; less after the server refused more. */
    private volatile int pointsPerOperation = MOST_POINTS;

    Updates(QdrantConnection connection, WriteOrdering ordering) {
        this.connection = connection;
        this.ordering = Points.WriteOrdering.newBuilder()
                .setType(
                        switch (ordering) {
                            case WEAK -> Points.WriteOrderingType.Weak;
                            case MEDIUM -> Points.WriteOrderingType.Medium;
                            case STRONG -> Points.WriteOrderingType.Strong;
                        })
                .build();
    }

    /** Operations that write the points. */
    List<PointsUpdateOperation> upserts(List<PointStruct> points) {
        return upserts(points, PointStructList.getDefaultInstance());
    }

    /** Operations that write those of the points that are not there yet, or that satisfy the filter as they are there. */
    List<PointsUpdateOperation> upserts(List<PointStruct> points, Filter condition) {
        return upserts(
                points, PointStructList.newBuilder().setUpdateFilter(condition).build());
    }

    private List<PointsUpdateOperation> upserts(List<PointStruct> points, PointStructList form) {
        return parts(points).stream().map(part -> upsert(part, form)).toList();
    }

    private static PointsUpdateOperation upsert(List<PointStruct> points, PointStructList form) {
        return PointsUpdateOperation.newBuilder()
                .setUpsert(form.toBuilder().clearPoints().addAllPoints(points))
                .build();
    }

    /** Operations that delete the points of these ids. */
    List<PointsUpdateOperation> deletes(List<String> ids) {
        return packs(ids).stream()
                .map(pack -> {
                    var list = PointsIdsList.newBuilder();
                    pack.forEach(id -> list.addIds(Ids.point(id)));
                    return delete(PointsSelector.newBuilder().setPoints(list));
                })
                .toList();
    }

    /** Operations that delete those of the points of these ids that satisfy the filter. */
    List<PointsUpdateOperation> deletes(List<String> ids, Filter condition) {
        return packs(ids).stream()
                .map(pack -> delete(PointsSelector.newBuilder()
                        .setFilter(condition.toBuilder().addMust(Fence.hasId(pack)))))
                .toList();
    }

    private List<List<String>> packs(List<String> ids) {
        var packs = new ArrayList<List<String>>();
        int size = pointsPerOperation;
        for (int from = 0; from < ids.size(); from += size) {
            packs.add(ids.subList(from, Math.min(ids.size(), from + size)));
        }
        return packs;
    }

    private static PointsUpdateOperation delete(PointsSelector.Builder points) {
        return PointsUpdateOperation.newBuilder()
                .setDeletePoints(PointsUpdateOperation.DeletePoints.newBuilder().setPoints(points))
                .build();
    }

    private List<List<PointStruct>> parts(List<PointStruct> points) {
        return packed(points, pointsPerOperation);
    }

    private static <M extends MessageLite> List<List<M>> packed(List<M> messages, int most) {
        var packs = new ArrayList<List<M>>();
        var pack = new ArrayList<M>();
        long bytes = 0;
        for (M message : messages) {
            int size = message.getSerializedSize();
            if (!pack.isEmpty() && (pack.size() >= most || bytes + size > BYTES_PER_REQUEST)) {
                packs.add(List.copyOf(pack));
                pack.clear();
                bytes = 0;
            }
            pack.add(message);
            bytes += size;
        }
        if (!pack.isEmpty()) {
            packs.add(List.copyOf(pack));
        }
        return packs;
    }

    /** Has the operations applied, in their order. */
    void send(String collection, List<PointsUpdateOperation> operations) {
        long patience = System.nanoTime() + PATIENCE.toNanos();
        for (List<PointsUpdateOperation> request : packed(operations, Integer.MAX_VALUE)) {
            sendOrSplit(collection, request, patience);
        }
    }

    private void sendOrSplit(String collection, List<PointsUpdateOperation> operations, long patience) {
        while (true) {
            try {
                sendOnce(collection, operations);
                return;
            } catch (CallFailed e) {
                if (e.retryAfter().isPresent()) {
                    await(e, patience);
                } else if (!e.asksForLess()) {
                    throw e;
                }
                // Several operations are not tried again together: what was applied of them would cost its tokens
                // again.
                if (e.asksForLess() || operations.size() > 1) {
                    List<List<PointsUpdateOperation>> halves = halves(operations);
                    if (halves.isEmpty()) {
                        throw e;
                    }
                    halves.forEach(half -> sendOrSplit(collection, half, patience));
                    return;
                }
            }
        }
    }

    /** Sleeps as long as the server asks for, unless the patience would be over by then. */
    private static void await(CallFailed e, long patience) {
        long nanos = e.retryAfter().orElse(Duration.ZERO).toNanos();
        if (System.nanoTime() + nanos > patience) {
            throw e;
        }
        try {
            Thread.sleep(Duration.ofNanos(nanos));
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw e;
        }
    }

    private List<List<PointsUpdateOperation>> halves(List<PointsUpdateOperation> operations) {
        if (operations.size() > 1) {
            int middle = operations.size() / 2;
            return List.of(operations.subList(0, middle), operations.subList(middle, operations.size()));
        }
        PointsUpdateOperation only = operations.getFirst();
        if (only.hasUpsert() && only.getUpsert().getPointsCount() > 1) {
            List<PointStruct> points = only.getUpsert().getPointsList();
            int middle = points.size() / 2;
            pointsPerOperation = Math.max(1, Math.min(pointsPerOperation, points.size() - middle));
            return List.of(
                    List.of(upsert(points.subList(0, middle), only.getUpsert())),
                    List.of(upsert(points.subList(middle, points.size()), only.getUpsert())));
        }
        return only.hasDeletePoints() ? halves(only.getDeletePoints().getPoints()) : List.of();
    }

    private static List<List<PointsUpdateOperation>> halves(PointsSelector selector) {
        if (selector.getPoints().getIdsCount() > 1) {
            List<PointId> ids = selector.getPoints().getIdsList();
            int middle = ids.size() / 2;
            return List.of(
                    List.of(delete(PointsSelector.newBuilder()
                            .setPoints(PointsIdsList.newBuilder().addAllIds(ids.subList(0, middle))))),
                    List.of(delete(PointsSelector.newBuilder()
                            .setPoints(PointsIdsList.newBuilder().addAllIds(ids.subList(middle, ids.size()))))));
        }
        // A delete with a condition names its points in the last part that must hold.
        int last = selector.getFilter().getMustCount() - 1;
        List<PointId> ids = last < 0
                ? List.of()
                : selector.getFilter().getMust(last).getHasId().getHasIdList();
        if (ids.size() < 2) {
            return List.of();
        }
        int middle = ids.size() / 2;
        return Stream.of(ids.subList(0, middle), ids.subList(middle, ids.size()))
                .map(half -> selector.getFilter().toBuilder()
                        .setMust(
                                last,
                                Condition.newBuilder()
                                        .setHasId(HasIdCondition.newBuilder().addAllHasId(half))))
                .map(filter -> List.of(delete(PointsSelector.newBuilder().setFilter(filter))))
                .toList();
    }

    private void sendOnce(String collection, List<PointsUpdateOperation> operations) {
        String what = "write to collection " + collection;
        var request = UpdateBatchPoints.newBuilder()
                .setCollectionName(collection)
                .setWait(true)
                .setOrdering(ordering)
                .addAllOperations(operations)
                .build();
        for (UpdateResult result :
                connection.points(what, points -> points.updateBatch(request)).getResultList()) {
            // OK alone means little: what was not applied in time is answered with WaitTimeout.
            if (result.getStatus() != UpdateStatus.Completed) {
                throw CallFailed.notCompleted(
                        what, connection.server(), result.getStatus().toString());
            }
        }
    }
}
