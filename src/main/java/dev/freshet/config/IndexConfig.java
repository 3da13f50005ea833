package dev.freshet.config;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where vectors are kept.
 *
 * @param path the folder of a Lucene index; {@code <state>/index} when null
 */
public record IndexConfig(
        @Key(
                value = "The kind of index: `lucene` lives inside Freshet's process, in files; `qdrant` is a server.",
                byDefault = "lucene")
        IndexType type,

        @Key(
                value = "The folder of a `lucene` index. A relative path starts at the working directory.",
                otherwise = "`index` in the `state` folder")
        @Nullable Path path,

        @Key("The Qdrant server, for the type `qdrant`.") QdrantConfig qdrant) {

    public IndexConfig {
        requireNonNull(type);
        requireNonNull(qdrant);
    }
}
