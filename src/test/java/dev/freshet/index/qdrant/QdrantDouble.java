package dev.freshet.index.qdrant;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerCredentials;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import io.qdrant.client.grpc.Collections.*;
import io.qdrant.client.grpc.CollectionsGrpc;
import io.qdrant.client.grpc.Common.Condition;
import io.qdrant.client.grpc.Common.Filter;
import io.qdrant.client.grpc.Common.PointId;
import io.qdrant.client.grpc.Points.*;
import io.qdrant.client.grpc.PointsGrpc;
import io.qdrant.client.grpc.QdrantGrpc;
import io.qdrant.client.grpc.QdrantOuterClass.HealthCheckReply;
import io.qdrant.client.grpc.QdrantOuterClass.HealthCheckRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A double of a Qdrant server, in-process: the wire contract on the official client's own service bases, with what is
 * known to go wrong with the real one. It is no Qdrant: it compares all vectors one by one, and forgets everything.
 */
public final class QdrantDouble implements AutoCloseable {

    /** What goes wrong with a call: the status, and whether the work is done all the same. */
    private record Fault(String method, @Nullable StatusRuntimeException status, boolean afterwards) {}

    private static final Metadata.Key<String> API_KEY = Metadata.Key.of("api-key", Metadata.ASCII_STRING_MARSHALLER);
    private static final Metadata.Key<String> RETRY_AFTER =
            Metadata.Key.of("retry-after", Metadata.ASCII_STRING_MARSHALLER);

    /** Sees every step that the server does at once, before it: a read, or one operation of an update. */
    interface Steps {
        void before(String apiKey, String step);
    }

    private static final Context.Key<String> CALLER = Context.key("caller");

    private final Map<String, DoubleCollection> collections = new ConcurrentHashMap<>();
    private final Map<String, String> aliases = new ConcurrentHashMap<>();
    private final Queue<Fault> faults = new ConcurrentLinkedQueue<>();
    private final AtomicInteger waitTimeouts = new AtomicInteger();
    private final List<String> calls = java.util.Collections.synchronizedList(new ArrayList<>());
    private final ServerCredentials credentials;
    private Server server;
    private final int port;

    private volatile String version = "1.18.3";
    private volatile @Nullable String apiKey;
    private volatile @Nullable Steps steps;
    private volatile boolean inference = true;
    private volatile boolean copiesOnWrite;
    private volatile Duration delay = Duration.ZERO;
    private volatile long upsertLimit = Long.MAX_VALUE;
    private volatile long queryLimit = Long.MAX_VALUE;
    private volatile boolean onlyIndexed;
    private volatile long tokens = Long.MAX_VALUE;
    private volatile long bucket = Long.MAX_VALUE;

    /** Runs one at a port, for trying things out by hand; a second number delays each answer by milliseconds. */
    public static void main(String[] arguments) throws InterruptedException {
        try (var server = new QdrantDouble(Integer.parseInt(arguments[0]))) {
            server.delay = arguments.length > 1 ? Duration.ofMillis(Long.parseLong(arguments[1])) : Duration.ZERO;
            System.out.println("a double of Qdrant listens at localhost:" + server.port());
            server.server.awaitTermination();
        }
    }

    /** Starts one at any free port. */
    public QdrantDouble() {
        this(0);
    }

    QdrantDouble(int port) {
        this(port, InsecureServerCredentials.create());
    }

    /** Starts one at any free port that speaks TLS. */
    QdrantDouble(ServerCredentials credentials) {
        this(0, credentials);
    }

    private QdrantDouble(int port, ServerCredentials credentials) {
        this.credentials = credentials;
        server = start(port);
        this.port = server.getPort();
    }

    private Server start(int at) {
        try {
            return Grpc.newServerBuilderForPort(at, credentials)
                    .maxInboundMessageSize(Integer.MAX_VALUE)
                    .intercept(new Guard())
                    .addService(new Greeting())
                    .addService(new CollectionsService())
                    .addService(new PointsService())
                    .build()
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where it listens. */
    public int port() {
        return port;
    }

    // ---- what can be told to it

    QdrantDouble version(String next) {
        version = next;
        return this;
    }

    /** Answers only calls that carry this key. */
    public QdrantDouble apiKey(String next) {
        apiKey = next;
        return this;
    }

    void steps(@Nullable Steps next) {
        steps = next;
    }

    private void step(String step) {
        Steps seeing = steps;
        if (seeing != null) {
            seeing.before(CALLER.get(), step);
        }
    }

    QdrantDouble withoutInference() {
        inference = false;
        return this;
    }

    /** From now on all segments are being optimized. */
    void copyOnWrite() {
        copiesOnWrite = true;
    }

    /** Between two locks: readers see what is written so far. */
    void letReadersIn() {
        LockSupport.parkNanos(100_000);
    }

    boolean copiesOnWrite() {
        return copiesOnWrite;
    }

    void strict(long mostUpserted, long mostQueried, boolean indexedOnly) {
        upsertLimit = mostUpserted;
        queryLimit = mostQueried;
        onlyIndexed = indexedOnly;
    }

    /** So many points may be written; then a second must pass for as many again. */
    void rateLimit(long points) {
        bucket = points;
        tokens = points;
    }

    /** The next call of a method fails, before it does anything. */
    void failNext(String method, Status status) {
        faults.add(new Fault(method, status.asRuntimeException(), false));
    }

    void failNext(String method, Status status, Duration retryAfter) {
        var trailers = new Metadata();
        trailers.put(RETRY_AFTER, Long.toString(retryAfter.toSeconds()));
        faults.add(new Fault(method, status.asRuntimeException(trailers), false));
    }

    /** The next call of a method fails with the status of this name, and is told to come again after so long. */
    public void failNext(String method, String status, Duration retryAfter) {
        failNext(method, Status.fromCode(Status.Code.valueOf(status)).withDescription("as told"), retryAfter);
    }

    /** Forgets all failures that have not come yet. */
    public void failNoMore() {
        faults.clear();
        waitTimeouts.set(0);
    }

    /** So many calls of a method go through before what is said next about it. */
    void skip(String method, int times) {
        for (int i = 0; i < times; i++) {
            faults.add(new Fault(method, null, false));
        }
    }

    /** The next call of a method is carried out, but its answer does not arrive. */
    public void loseNextAnswer(String method) {
        faults.add(new Fault(
                method, Status.UNAVAILABLE.withDescription("connection reset").asRuntimeException(), true));
    }

    /** The next update is taken, answered with WaitTimeout, and not applied. */
    public void waitTimeoutNext() {
        waitTimeouts.incrementAndGet();
    }

    /** Goes away without a word. */
    public void stop() {
        server.shutdownNow();
        try {
            server.awaitTermination(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Comes back at the same port with what it had. */
    public void startAgain() {
        server = start(port);
    }

    // ---- what can be seen of it

    /** Of its version 1.x. */
    int minor() {
        return Integer.parseInt(version.split("\\.")[1]);
    }

    DoubleCollection collection(String name) {
        DoubleCollection found = collections.get(aliases.getOrDefault(name, name));
        if (found == null) {
            throw Status.NOT_FOUND
                    .withDescription("Not found: Collection `" + name + "` doesn't exist!")
                    .asRuntimeException();
        }
        return found;
    }

    Map<String, DoubleCollection> collections() {
        return collections;
    }

    Map<String, String> aliases() {
        return aliases;
    }

    /** The calls that came since the last time, by method. */
    List<String> takeCalls() {
        synchronized (calls) {
            List<String> taken = List.copyOf(calls);
            calls.clear();
            return taken;
        }
    }

    void requireInference(String model) {
        if (!inference || minor() < 16 || !model.equals("qdrant/bm25")) {
            throw Status.INTERNAL
                    .withDescription("InferenceService is not initialized")
                    .asRuntimeException();
        }
    }

    void requireIndexed(Filter filter, DoubleCollection collection) {
        if (!onlyIndexed) {
            return;
        }
        List<Condition> all = new ArrayList<>(filter.getMustList());
        all.addAll(filter.getShouldList());
        all.addAll(filter.getMustNotList());
        for (Condition condition : all) {
            if (condition.hasFilter()) {
                requireIndexed(condition.getFilter(), collection);
            } else if (condition.hasField()
                    && !collection.indexes().containsKey(condition.getField().getKey())) {
                throw DoubleCollection.invalid("Bad request: Index required but not found for \""
                        + condition.getField().getKey() + "\"");
            }
        }
    }

    private void requireLimit(long limit) {
        if (limit > queryLimit) {
            throw DoubleCollection.invalid(
                    "Forbidden: Limit exceeded " + limit + " > " + queryLimit + " for \"limit\"");
        }
    }

    private synchronized void spend(long cost) {
        if (bucket == Long.MAX_VALUE) {
            return;
        }
        if (cost > bucket) {
            throw Status.RESOURCE_EXHAUSTED
                    .withDescription(
                            "Write rate limit exceeded: Operation requires " + cost + " tokens but limit is " + bucket)
                    .asRuntimeException();
        }
        if (cost > tokens) {
            tokens = bucket;
            var trailers = new Metadata();
            trailers.put(RETRY_AFTER, "1");
            throw Status.RESOURCE_EXHAUSTED
                    .withDescription("Write rate limit exceeded, retry later")
                    .asRuntimeException(trailers);
        }
        tokens -= cost;
    }

    private UpdateStatus update(DoubleCollection collection, PointsUpdateOperation operation) {
        step(operation.getOperationCase().toString());
        long upserted = operation.getUpsert().getPointsCount();
        if (upserted > upsertLimit) {
            throw DoubleCollection.invalid(
                    "Forbidden: Limit exceeded " + upserted + " > " + upsertLimit + " for \"upsert limit\"");
        }
        spend(Math.max(1, upserted));
        if (waitTimeouts.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
            return UpdateStatus.WaitTimeout;
        }
        collection.apply(operation);
        return UpdateStatus.Completed;
    }

    private @Nullable Fault takeFault(String method) {
        for (Fault each : List.copyOf(faults)) {
            if (each.method().equals(method) && faults.remove(each)) {
                return each;
            }
        }
        return null;
    }

    private <T> void answer(String method, StreamObserver<T> observer, Supplier<T> work) {
        calls.add(method);
        LockSupport.parkNanos(delay.toNanos());
        if (Context.current().isCancelled()) {
            return;
        }
        Fault fault = takeFault(method);
        try {
            if (!method.equals("updateBatch")) {
                step(method);
            }
            StatusRuntimeException failure = fault == null ? null : fault.status();
            if (failure != null && fault != null && !fault.afterwards()) {
                throw failure;
            }
            T result = work.get();
            if (failure != null) {
                throw failure;
            }
            observer.onNext(result);
            observer.onCompleted();
        } catch (StatusRuntimeException e) {
            observer.onError(e);
        }
    }

    @Override
    public void close() {
        server.shutdownNow();
    }

    private final class Guard implements ServerInterceptor {
        @Override
        public <Q, A> ServerCall.Listener<Q> interceptCall(
                ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
            boolean open = call.getMethodDescriptor().getFullMethodName().endsWith("HealthCheck");
            if (!open && apiKey != null && !apiKey.equals(headers.get(API_KEY))) {
                call.close(Status.UNAUTHENTICATED.withDescription("Invalid API key or JWT"), new Metadata());
                return new ServerCall.Listener<>() {};
            }
            String caller = headers.containsKey(API_KEY) ? headers.get(API_KEY) : "";
            return Contexts.interceptCall(Context.current().withValue(CALLER, caller), call, headers, next);
        }
    }

    private final class Greeting extends QdrantGrpc.QdrantImplBase {
        @Override
        public void healthCheck(HealthCheckRequest request, StreamObserver<HealthCheckReply> observer) {
            answer(
                    "healthCheck",
                    observer,
                    () -> HealthCheckReply.newBuilder()
                            .setTitle("double of qdrant")
                            .setVersion(version)
                            .build());
        }
    }

    private final class CollectionsService extends CollectionsGrpc.CollectionsImplBase {

        @Override
        public void create(CreateCollection request, StreamObserver<CollectionOperationResponse> observer) {
            answer("create", observer, () -> {
                String name = request.getCollectionName();
                if (aliases.containsKey(name)) {
                    throw DoubleCollection.invalid("Wrong input: Can't create collection with name " + name
                            + ". Alias with the same name already exists");
                }
                if (collections.putIfAbsent(name, new DoubleCollection(QdrantDouble.this, request)) != null) {
                    throw Status.ALREADY_EXISTS
                            .withDescription("Wrong input: Collection `" + name + "` already exists!")
                            .asRuntimeException();
                }
                return done();
            });
        }

        @Override
        public void delete(DeleteCollection request, StreamObserver<CollectionOperationResponse> observer) {
            answer("deleteCollection", observer, () -> {
                collections.remove(request.getCollectionName());
                aliases.values().removeIf(request.getCollectionName()::equals);
                return done();
            });
        }

        @Override
        public void list(ListCollectionsRequest request, StreamObserver<ListCollectionsResponse> observer) {
            answer("list", observer, () -> {
                var response = ListCollectionsResponse.newBuilder();
                collections
                        .keySet()
                        .forEach(name -> response.addCollections(
                                CollectionDescription.newBuilder().setName(name)));
                return response.build();
            });
        }

        @Override
        public void get(GetCollectionInfoRequest request, StreamObserver<GetCollectionInfoResponse> observer) {
            answer(
                    "info",
                    observer,
                    () -> GetCollectionInfoResponse.newBuilder()
                            .setResult(collection(request.getCollectionName()).info())
                            .build());
        }

        @Override
        public void collectionExists(
                CollectionExistsRequest request, StreamObserver<CollectionExistsResponse> observer) {
            answer(
                    "collectionExists",
                    observer,
                    () -> CollectionExistsResponse.newBuilder()
                            .setResult(CollectionExists.newBuilder()
                                    .setExists(collections.containsKey(aliases.getOrDefault(
                                            request.getCollectionName(), request.getCollectionName()))))
                            .build());
        }

        @Override
        public void updateAliases(ChangeAliases request, StreamObserver<CollectionOperationResponse> observer) {
            answer("updateAliases", observer, () -> {
                for (AliasOperations action : request.getActionsList()) {
                    if (action.hasCreateAlias()) {
                        String alias = action.getCreateAlias().getAliasName();
                        if (collections.containsKey(alias)) {
                            throw DoubleCollection.invalid("Wrong input: Alias cannot have the name of a collection");
                        }
                        collection(action.getCreateAlias().getCollectionName());
                        aliases.put(alias, action.getCreateAlias().getCollectionName());
                    } else if (aliases.remove(action.getDeleteAlias().getAliasName()) == null) {
                        throw Status.NOT_FOUND
                                .withDescription("Alias does not exist")
                                .asRuntimeException();
                    }
                }
                return done();
            });
        }

        @Override
        public void listAliases(ListAliasesRequest request, StreamObserver<ListAliasesResponse> observer) {
            answer("listAliases", observer, () -> {
                var response = ListAliasesResponse.newBuilder();
                aliases.forEach((alias, name) -> response.addAliases(
                        AliasDescription.newBuilder().setAliasName(alias).setCollectionName(name)));
                return response.build();
            });
        }

        private static CollectionOperationResponse done() {
            return CollectionOperationResponse.newBuilder().setResult(true).build();
        }
    }

    private final class PointsService extends PointsGrpc.PointsImplBase {

        @Override
        public void updateBatch(UpdateBatchPoints request, StreamObserver<UpdateBatchResponse> observer) {
            answer("updateBatch", observer, () -> {
                DoubleCollection collection = collection(request.getCollectionName());
                var response = UpdateBatchResponse.newBuilder();
                // What came before the first failure stays.
                for (PointsUpdateOperation operation : request.getOperationsList()) {
                    response.addResult(UpdateResult.newBuilder().setStatus(update(collection, operation)));
                }
                return response.build();
            });
        }

        @Override
        public void upsert(UpsertPoints request, StreamObserver<PointsOperationResponse> observer) {
            answer("upsert", observer, () -> {
                var list = PointsUpdateOperation.PointStructList.newBuilder()
                        .addAllPoints(request.getPointsList())
                        .setUpdateMode(request.getUpdateMode());
                if (request.hasUpdateFilter()) {
                    list.setUpdateFilter(request.getUpdateFilter());
                }
                return result(update(
                        collection(request.getCollectionName()),
                        PointsUpdateOperation.newBuilder().setUpsert(list).build()));
            });
        }

        @Override
        public void createFieldIndex(
                CreateFieldIndexCollection request, StreamObserver<PointsOperationResponse> observer) {
            answer("createFieldIndex", observer, () -> {
                collection(request.getCollectionName()).createIndex(request.getFieldName(), request.getFieldType());
                return result(UpdateStatus.Completed);
            });
        }

        @Override
        public void deleteFieldIndex(
                DeleteFieldIndexCollection request, StreamObserver<PointsOperationResponse> observer) {
            answer("deleteFieldIndex", observer, () -> {
                collection(request.getCollectionName()).indexes().remove(request.getFieldName());
                return result(UpdateStatus.Completed);
            });
        }

        private static PointsOperationResponse result(UpdateStatus status) {
            return PointsOperationResponse.newBuilder()
                    .setResult(UpdateResult.newBuilder().setStatus(status))
                    .build();
        }

        @Override
        public void get(GetPoints request, StreamObserver<GetResponse> observer) {
            answer("get", observer, () -> {
                DoubleCollection collection = collection(request.getCollectionName());
                var response = GetResponse.newBuilder();
                for (PointId id : request.getIdsList()) {
                    RetrievedPoint point = collection.retrieved(
                            DoubleCollection.id(id),
                            request.getWithPayload(),
                            request.getWithVectors().getEnable());
                    if (point != null) {
                        response.addResult(point);
                    }
                }
                return response.build();
            });
        }

        @Override
        public void scroll(ScrollPoints request, StreamObserver<ScrollResponse> observer) {
            answer("scroll", observer, () -> {
                DoubleCollection collection = collection(request.getCollectionName());
                requireIndexed(request.getFilter(), collection);
                int limit = request.hasLimit() ? request.getLimit() : 10;
                requireLimit(limit);
                String from = request.hasOffset() ? request.getOffset().getUuid() : "";
                var response = ScrollResponse.newBuilder();
                for (var entry : collection.matching(request.getFilter())) {
                    if (entry.getKey().compareTo(from) < 0) {
                        continue;
                    }
                    if (response.getResultCount() == limit) {
                        response.setNextPageOffset(PointId.newBuilder().setUuid(entry.getKey()));
                        break;
                    }
                    RetrievedPoint point = collection.retrieved(
                            entry.getKey(),
                            request.getWithPayload(),
                            request.getWithVectors().getEnable());
                    if (point != null) {
                        response.addResult(point);
                    }
                }
                return response.build();
            });
        }

        @Override
        public void count(CountPoints request, StreamObserver<CountResponse> observer) {
            answer("count", observer, () -> {
                DoubleCollection collection = collection(request.getCollectionName());
                requireIndexed(request.getFilter(), collection);
                return CountResponse.newBuilder()
                        .setResult(CountResult.newBuilder()
                                .setCount(
                                        collection.matching(request.getFilter()).size()))
                        .build();
            });
        }

        @Override
        public void query(QueryPoints request, StreamObserver<QueryResponse> observer) {
            answer(
                    "query",
                    observer,
                    () -> QueryResponse.newBuilder()
                            .addAllResult(found(request.getCollectionName(), request))
                            .build());
        }

        @Override
        public void queryBatch(QueryBatchPoints request, StreamObserver<QueryBatchResponse> observer) {
            answer("queryBatch", observer, () -> {
                var response = QueryBatchResponse.newBuilder();
                request.getQueryPointsList()
                        .forEach(query -> response.addResult(
                                BatchResult.newBuilder().addAllResult(found(request.getCollectionName(), query))));
                return response.build();
            });
        }

        private List<ScoredPoint> found(String name, QueryPoints query) {
            DoubleCollection collection = collection(name);
            requireIndexed(query.getFilter(), collection);
            requireLimit(query.getLimit());
            return collection.query(
                    query.getQuery().getNearest(),
                    query.getUsing(),
                    query.getFilter(),
                    query.getLimit(),
                    query.getWithPayload(),
                    query.getWithVectors().getEnable());
        }

        @Override
        public void search(SearchPoints request, StreamObserver<SearchResponse> observer) {
            answer(
                    "search",
                    observer,
                    () -> SearchResponse.newBuilder()
                            .addAllResult(collection(request.getCollectionName())
                                    .query(
                                            VectorInput.newBuilder()
                                                    .setDense(DenseVector.newBuilder()
                                                            .addAllData(request.getVectorList()))
                                                    .build(),
                                            request.getVectorName(),
                                            request.getFilter(),
                                            request.getLimit(),
                                            request.getWithPayload(),
                                            request.getWithVectors().getEnable()))
                            .build());
        }
    }
}
