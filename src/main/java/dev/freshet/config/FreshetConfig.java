package dev.freshet.config;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The whole configuration; read by {@link ConfigLoader}.
 *
 * @param state the folder of all that Freshet keeps between runs
 * @param collections by name, in the order of the file; every collection that a mapping names is there
 * @param mappings at least one, with different names
 */
public record FreshetConfig(
        @Key(byDefault = "state", value = """
                        The folder for all that Freshet keeps between runs. A relative path starts at the \
                        working directory.""") Path state,

        @Key("The database whose changes are captured.") SourceConfig source,
        @Key("The model that turns text into vectors.") EmbeddingConfig embedding,
        @Key("Where vectors are kept.") IndexConfig index,

        @Key(pattern = FreshetConfig.COLLECTION, form = FreshetConfig.COLLECTION_FORM, value = """
                        The collections of the index by name. When the section is left out, each collection that \
                        a mapping names is made with the defaults; when it is there, it must name them all.""")
        Map<String, CollectionConfig> collections,

        @Key(value = "Which rows become documents, and how; at least one. A table may have several.", min = "1")
        List<MappingConfig> mappings,

        @Key("How much is worked on at a time.") PipelineConfig pipeline,

        @Key("Many changes of one document in a short time.")
        CoalesceConfig coalesce,

        @Key("Documents that cannot be processed.") DeadLettersConfig deadLetters,

        @Key("The HTTP server: search, health, metrics and administration.")
        HttpConfig http) {

    static final String COLLECTION = "[a-z0-9_-]+";
    static final String COLLECTION_FORM = "made of lower-case letters, digits, _ and -";

    public FreshetConfig {
        requireNonNull(state);
        requireNonNull(source);
        requireNonNull(embedding);
        requireNonNull(index);
        collections = Collections.unmodifiableMap(new LinkedHashMap<>(collections));
        mappings = List.copyOf(mappings);
        requireNonNull(pipeline);
        requireNonNull(coalesce);
        requireNonNull(deadLetters);
        requireNonNull(http);
    }
}
