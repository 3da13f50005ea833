package dev.freshet.config;

import static java.util.Objects.requireNonNull;

/** What a new collection in Qdrant is created with; whatever is 0 is left to the server. */
public record QdrantCollectionConfig(
        @Key(byDefault = "cosine", value = """
                        How vectors are compared: `cosine`, `dot` or `euclid`. Freshet's vectors have length one, so \
                        all three rank alike; others may expect a certain one.""") Distance distance,

        @Key(
                value = "Links per node of the HNSW graph; 0 leaves it to the server.",
                byDefault = "0",
                min = "0",
                max = "1024")
        int hnswM,

        @Key(
                value = "Neighbours considered while the HNSW graph is built; 0 leaves it to the server.",
                byDefault = "0",
                min = "0",
                max = "100000")
        int hnswEfConstruct,

        @Key(
                value =
                        "Whether vectors are also kept in a compressed form that is searched first: `none`, `scalar` or `binary`.",
                byDefault = "none")
        Quantization quantization,

        @Key(value = "Whether vectors stay on disk.", byDefault = "false")
        boolean onDisk,

        @Key(value = "Number of shards; 0 leaves it to the server.", byDefault = "0", min = "0", max = "10000")
        int shards,

        @Key(
                value = "Copies of each shard; more than one needs a cluster, and 0 leaves it to the server.",
                byDefault = "0",
                min = "0",
                max = "100")
        int replication) {

    public QdrantCollectionConfig {
        requireNonNull(distance);
        requireNonNull(quantization);
    }

    /** How vectors are compared. */
    public enum Distance {
        COSINE,
        DOT,
        EUCLID
    }

    /** A compressed form of vectors. */
    public enum Quantization {
        NONE,
        SCALAR,
        BINARY
    }
}
