package dev.freshet.config;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.time.Duration;
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

        @Key(byDefault = "168h", min = "1m", max = "8760h", value = """
                        How long it is remembered which documents were removed, so that a writer that is late with an \
                        older version of one does not bring it back.""")
        Duration tombstones,

        @Key("The Qdrant server, for the type `qdrant`.") QdrantConfig qdrant) {

    public IndexConfig {
        requireNonNull(type);
        requireNonNull(tombstones);
        requireNonNull(qdrant);
    }
}
