package dev.freshet.index.qdrant;

import com.google.protobuf.MessageLite;
import dev.freshet.config.QdrantConfig.WriteOrdering;
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
        var operations = new ArrayList<PointsUpdateOperation>();
        for (List<PointStruct> part : parts(points)) {
            operations.add(PointsUpdateOperation.newBuilder()
                    .setUpsert(PointStructList.newBuilder().addAllPoints(part))
                    .build());
        }
        return operations;
    }

    /** Operations that delete the points of these ids. */
    List<PointsUpdateOperation> deletes(List<String> ids) {
        var operations = new ArrayList<PointsUpdateOperation>();
        int size = pointsPerOperation;
        for (int from = 0; from < ids.size(); from += size) {
            var list = PointsIdsList.newBuilder();
            ids.subList(from, Math.min(ids.size(), from + size)).forEach(id -> list.addIds(Ids.point(id)));
            operations.add(delete(list));
        }
        return operations;
    }

    private static PointsUpdateOperation delete(PointsIdsList.Builder ids) {
        return PointsUpdateOperation.newBuilder()
                .setDeletePoints(PointsUpdateOperation.DeletePoints.newBuilder()
                        .setPoints(PointsSelector.newBuilder().setPoints(ids)))
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
            return List.of(upsert(points.subList(0, middle)), upsert(points.subList(middle, points.size())));
        }
        if (only.hasDeletePoints()
                && only.getDeletePoints().getPoints().getPoints().getIdsCount() > 1) {
            var ids = only.getDeletePoints().getPoints().getPoints().getIdsList();
            int middle = ids.size() / 2;
            return List.of(
                    List.of(delete(PointsIdsList.newBuilder().addAllIds(ids.subList(0, middle)))),
                    List.of(delete(PointsIdsList.newBuilder().addAllIds(ids.subList(middle, ids.size())))));
        }
        return List.of();
    }

    private static List<PointsUpdateOperation> upsert(List<PointStruct> points) {
        return List.of(PointsUpdateOperation.newBuilder()
                .setUpsert(PointStructList.newBuilder().addAllPoints(points))
                .build());
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
