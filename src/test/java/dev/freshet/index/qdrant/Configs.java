package dev.freshet.index.qdrant;

import dev.freshet.config.PayloadConfig;
import dev.freshet.config.PayloadLayout;
import dev.freshet.config.QdrantCollectionConfig;
import dev.freshet.config.QdrantCollectionConfig.Distance;
import dev.freshet.config.QdrantCollectionConfig.Quantization;
import dev.freshet.config.QdrantConfig;
import dev.freshet.config.QdrantConfig.WriteOrdering;
import dev.freshet.config.Secret;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Configurations for tests. */
final class Configs {

    private Configs() {}

    static QdrantConfig at(QdrantDouble server) {
        return at("localhost", server.port(), null, PayloadLayout.FRESHET, Distance.COSINE);
    }

    static QdrantConfig at(QdrantDouble server, PayloadLayout layout) {
        return at("localhost", server.port(), null, layout, Distance.COSINE);
    }

    static QdrantConfig at(String host, int port, @Nullable Secret key, PayloadLayout layout, Distance distance) {
        return at(host, port, false, null, key, layout, distance);
    }

    /** At a server that speaks TLS, with the certificates in the file trusted, or those of the JDK. */
    static QdrantConfig withTls(QdrantDouble server, @Nullable Path trusted) {
        return at("localhost", server.port(), true, trusted, null, PayloadLayout.FRESHET, Distance.COSINE);
    }

    private static QdrantConfig at(
            String host,
            int port,
            boolean tls,
            @Nullable Path trusted,
            @Nullable Secret key,
            PayloadLayout layout,
            Distance distance) {
        return new QdrantConfig(
                host,
                port,
                tls,
                trusted,
                key,
                Duration.ofSeconds(30),
                WriteOrdering.WEAK,
                new PayloadConfig(layout),
                new QdrantCollectionConfig(distance, 0, 0, Quantization.NONE, false, 0, 0));
    }
}
