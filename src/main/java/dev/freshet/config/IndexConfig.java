package dev.freshet.config;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where vectors are kept.
 *
 * @param path the folder of the index; {@code <state>/index} when null
 */
public record IndexConfig(
        @Key(value = "The kind of index: `lucene` lives inside Freshet's process, in files.", byDefault = "lucene")
        IndexType type,

        @Key(
                value = "The folder of the index. A relative path starts at the working directory.",
                otherwise = "`index` in the `state` folder")
        @Nullable Path path) {

    public IndexConfig {
        requireNonNull(type);
    }
}
