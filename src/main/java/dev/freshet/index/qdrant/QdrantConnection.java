package dev.freshet.index.qdrant;

import dev.freshet.config.QdrantConfig;
import dev.freshet.index.IndexException;
import io.grpc.ChannelCredentials;
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
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.LoggerFactory;

/** A channel to a Qdrant server; every call has a deadline, and every failure comes out as {@link CallFailed}. */
final class QdrantConnection implements AutoCloseable {

    private static final org.slf4j.Logger LOG = LoggerFactory.getLogger(QdrantConnection.class);

    /** Kept, because a logger that nobody keeps loses its level; it would tell everybody about its sockets. */
    private static final Logger GRPC_LOG = Logger.getLogger("io.grpc");

    private static final Metadata.Key<String> API_KEY = Metadata.Key.of("api-key", Metadata.ASCII_STRING_MARSHALLER);
    private static final Duration HELLO = Duration.ofSeconds(8);

    private static final Pattern VERSION = Pattern.compile("(\\d+)\\.(\\d+).*");
    private static final int OLDEST_MINOR = 12;
    private static final int TYPED_VECTORS_MINOR = 13;
    private static final int CONDITIONAL_UPSERTS_MINOR = 16;

    private final String server;
    private final Duration timeout;
    private final ManagedChannel channel;
    private final PointsBlockingStub points;
    private final CollectionsBlockingStub collections;
    private volatile boolean typedVectors = true;

    QdrantConnection(QdrantConfig config) {
        GRPC_LOG.setLevel(Level.WARNING);
        server = config.host() + ":" + config.port();
        timeout = config.timeout();
        var headers = new Metadata();
        if (config.apiKey() != null) {
            headers.put(API_KEY, config.apiKey().value());
        }
        channel = Grpc.newChannelBuilderForAddress(config.host(), config.port(), credentials(config))
                .maxInboundMessageSize(Integer.MAX_VALUE)
                .keepAliveTime(1, TimeUnit.MINUTES)
                .userAgent("freshet")
                .intercept(MetadataUtils.newAttachHeadersInterceptor(headers))
                .build();
        points = PointsGrpc.newBlockingStub(channel);
        collections = CollectionsGrpc.newBlockingStub(channel);
    }

    private static ChannelCredentials credentials(QdrantConfig config) {
        if (!config.tls()) {
            return InsecureChannelCredentials.create();
        }
        Path trusted = config.trustedCertificates();
        if (trusted == null) {
            return TlsChannelCredentials.create();
        }
        try {
            return TlsChannelCredentials.newBuilder()
                    .trustManager(trusted.toFile())
                    .build();
        } catch (IOException e) {
            throw new IndexException(
                    IndexException.Kind.PERMANENT,
                    "The certificates in %s cannot be read: %s. Correct index.qdrant.trustedCertificates"
                            .formatted(trusted, e.getMessage()),
                    e);
        }
    }

    /** Where it is, for messages. */
    String server() {
        return server;
    }

    /**
     * Greets the server, which answers within seconds, or fails.
     *
     * @throws IndexException if it is too old
     */
    String greet() {
        String version = call(
                        "open the index",
                        QdrantGrpc.newBlockingStub(channel),
                        HELLO,
                        stub -> stub.healthCheck(HealthCheckRequest.getDefaultInstance()))
                .getVersion();
        Matcher matcher = VERSION.matcher(version);
        if (matcher.matches() && Integer.parseInt(matcher.group(1)) == 1) {
            int minor = Integer.parseInt(matcher.group(2));
            if (minor < OLDEST_MINOR) {
                throw new IndexException(
                        IndexException.Kind.PERMANENT,
                        "Qdrant at %s is version %s; Freshet needs 1.%d or later"
                                .formatted(server, version, OLDEST_MINOR),
                        null);
            }
            typedVectors = minor >= TYPED_VECTORS_MINOR;
            if (minor < CONDITIONAL_UPSERTS_MINOR) {
                LOG.warn(
                        "qdrant does not know conditional upserts, so that one Freshet at a time may write server={} version={} needed=1.{}",
                        server,
                        version,
                        CONDITIONAL_UPSERTS_MINOR);
            }
        }
        return version;
    }

    /** Whether the server knows that a vector is dense or sparse by its type; older ones only by its fields. */
    boolean hasTypedVectors() {
        return typedVectors;
    }

    <T> T points(String what, Function<PointsBlockingStub, T> call) {
        return call(what, points, timeout, call);
    }

    <T> T collections(String what, Function<CollectionsBlockingStub, T> call) {
        return call(what, collections, timeout, call);
    }

    private <S extends AbstractBlockingStub<S>, T> T call(String what, S stub, Duration deadline, Function<S, T> call) {
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
