package dev.freshet.index.qdrant;

import dev.freshet.config.QdrantConfig;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import io.grpc.stub.AbstractBlockingStub;
import io.grpc.stub.MetadataUtils;
import io.qdrant.client.grpc.CollectionsGrpc;
import io.qdrant.client.grpc.CollectionsGrpc.CollectionsBlockingStub;
import io.qdrant.client.grpc.PointsGrpc;
import io.qdrant.client.grpc.PointsGrpc.PointsBlockingStub;
import io.qdrant.client.grpc.QdrantGrpc;
import io.qdrant.client.grpc.QdrantOuterClass.HealthCheckRequest;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;

/** A channel to a Qdrant server; every call has a deadline, and every failure comes out as {@link CallFailed}. */
final class QdrantConnection implements AutoCloseable {

    private static final Metadata.Key<String> API_KEY = Metadata.Key.of("api-key", Metadata.ASCII_STRING_MARSHALLER);
    private static final Duration HELLO = Duration.ofSeconds(8);

    private final String server;
    private final Duration timeout;
    private final ManagedChannel channel;
    private final PointsBlockingStub points;
    private final CollectionsBlockingStub collections;
    private final LongAdder calls = new LongAdder();

    QdrantConnection(QdrantConfig config) {
        server = config.host() + ":" + config.port();
        timeout = config.timeout();
        var headers = new Metadata();
        if (config.apiKey() != null) {
            headers.put(API_KEY, config.apiKey().value());
        }
        channel = Grpc.newChannelBuilderForAddress(
                        config.host(),
                        config.port(),
                        config.tls() ? TlsChannelCredentials.create() : InsecureChannelCredentials.create())
                .maxInboundMessageSize(Integer.MAX_VALUE)
                .keepAliveTime(1, TimeUnit.MINUTES)
                .userAgent("freshet")
                .intercept(MetadataUtils.newAttachHeadersInterceptor(headers))
                .build();
        points = PointsGrpc.newBlockingStub(channel);
        collections = CollectionsGrpc.newBlockingStub(channel);
    }

    /** Where it is, for messages. */
    String server() {
        return server;
    }

    /** How many calls were made. */
    long calls() {
        return calls.sum();
    }

    /** The server's version; answers within seconds, or fails. */
    String version() {
        return call(
                        "reach the server",
                        QdrantGrpc.newBlockingStub(channel),
                        HELLO,
                        stub -> stub.healthCheck(HealthCheckRequest.getDefaultInstance()))
                .getVersion();
    }

    <T> T points(String what, Function<PointsBlockingStub, T> call) {
        return call(what, points, timeout, call);
    }

    <T> T collections(String what, Function<CollectionsBlockingStub, T> call) {
        return call(what, collections, timeout, call);
    }

    private <S extends AbstractBlockingStub<S>, T> T call(String what, S stub, Duration deadline, Function<S, T> call) {
        calls.increment();
        try {
            return call.apply(stub.withDeadlineAfter(deadline.toNanos(), TimeUnit.NANOSECONDS));
        } catch (StatusRuntimeException e) {
            throw CallFailed.of(what, server, e);
        }
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }
}
