package dev.freshet.config;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A Qdrant server, and how collections are created in it.
 *
 * @param trustedCertificates PEM; null for those that the JDK trusts
 * @param apiKey sent with every call; null for a server without keys
 * @param timeout how long one call may take
 */
public record QdrantConfig(
        @Key(
                value = "The host of the server, without a scheme.",
                byDefault = "localhost",
                pattern = "[^/\\s:]+|\\[?[0-9a-fA-F:.]+]?",
                form = "a host name or address; the port has a key of its own")
        String host,

        @Key(value = "The server's gRPC port, not that of REST (6333).", byDefault = "6334", min = "1", max = "65535")
        int port,

        @Key(value = "Whether to speak TLS.", byDefault = "false")
        boolean tls,

        @Key(otherwise = "those that the JDK trusts", value = """
                        A PEM file with the certificates of the authorities to trust, for a server with a certificate \
                        of a private one. Only with `tls`.""") @Nullable Path trustedCertificates,

        @Key(value = "The API key; without TLS it crosses the network in the clear.", otherwise = "none") @Nullable Secret apiKey,

        @Key(
                byDefault = "30s",
                min = "1s",
                max = "10m",
                value = "How long one call may take before it counts as failed.")
        Duration timeout,

        @Key(byDefault = "weak", value = """
                        How writes are ordered between the replicas of a shard: `weak`, `medium` or `strong`, as Qdrant \
                        defines them. On a single node they are the same.""") WriteOrdering writeOrdering,

        @Key("How points are made, so that others can read them.")
        PayloadConfig payload,

        @Key("What new collections are created with. An existing one is never altered.")
        QdrantCollectionConfig collection) {

    public QdrantConfig {
        requireNonNull(host);
        requireNonNull(timeout);
        requireNonNull(writeOrdering);
        requireNonNull(payload);
        requireNonNull(collection);
        if (apiKey != null && !apiKey.fitsHeader()) {
            throw new IllegalArgumentException(
                    "'index.qdrant.apiKey' has a line end or another sign that no header can carry");
        }
        if (trustedCertificates != null && !tls) {
            throw new IllegalArgumentException("trustedCertificates is for TLS only, and tls is false");
        }
    }

    /** Qdrant's write orderings. */
    public enum WriteOrdering {
        WEAK,
        MEDIUM,
        STRONG
    }
}
