package dev.freshet.config;

import static java.util.Objects.requireNonNull;

import dev.freshet.config.Yaml.Entry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * Reads the configuration, strictly: an unknown or repeated key, a missing or impossible value is an error.
 *
 * <p>{@code ${NAME}} and {@code ${NAME:-default}} in values stand for environment variables; they are put in after the
 * YAML is parsed, so that a password with a colon in it breaks nothing. {@code include}, at the top level, lists files
 * that contribute whole sections.
 */
public final class ConfigLoader {

    static final String INCLUDE = "include";

    private final Problems problems = new Problems();
    private final Variables variables;
    private final Path folder;
    private final MappingCheck mappingCheck;

    /** Whether a file is missing or broken: everything in it would only be reported as missing too. */
    private boolean incomplete;

    private ConfigLoader(Path folder, Map<String, String> environment, MappingCheck mappingCheck) {
        this.folder = folder;
        this.variables = new Variables(environment);
        this.mappingCheck = mappingCheck;
    }

    /**
     * Reads a file and what it includes.
     *
     * @throws ConfigException with everything that is wrong
     */
    public static FreshetConfig load(Path file, Map<String, String> environment) {
        return load(file, environment, MappingCheck.NONE);
    }

    /**
     * Reads a file and what it includes, and has each mapping checked further, so that what is found wrong with it is
     * told together with everything else.
     *
     * @throws ConfigException with everything that is wrong
     */
    public static FreshetConfig load(Path file, Map<String, String> environment, MappingCheck mappingCheck) {
        Path parent = file.getParent();
        ConfigLoader loader = new ConfigLoader(parent == null ? Path.of("") : parent, environment, mappingCheck);
        try {
            return loader.read(Files.readString(file), file);
        } catch (IOException e) {
            String remedy = e instanceof NoSuchFileException ? "; freshet init writes one" : "";
            loader.problems.add(new SourceLocation(file, 0, 0), "cannot be read: " + Scalars.reason(file, e) + remedy);
            throw loader.problems.toException();
        }
    }

    /**
     * Reads a text.
     *
     * @param name what the text is called in messages
     * @param folder where the paths of {@code include} start
     * @throws ConfigException with everything that is wrong
     */
    public static FreshetConfig parse(String yaml, String name, Path folder, Map<String, String> environment) {
        return new ConfigLoader(folder, environment, MappingCheck.NONE).read(yaml, Path.of(name));
    }

    private FreshetConfig read(String text, Path file) {
        SequencedMap<String, Entry> sections = sections(text, file);
        Entry include = sections.remove(INCLUDE);
        if (include != null) {
            include(include.value(), sections);
        }
        if (incomplete) {
            throw problems.toException();
        }
        Binder binder = new Binder(variables, problems);
        FreshetConfig config = binder.bind(FreshetConfig.class, "", sections, new SourceLocation(file, 0, 0));
        new Consistency(binder, problems).check();
        checkMappings(binder);
        if (config == null || !problems.isEmpty()) {
            throw problems.toException();
        }
        return config.collections().isEmpty() ? withImpliedCollections(config) : config;
    }

    private void checkMappings(Binder bound) {
        SourceLocation at = bound.location("mappings[0]");
        for (int i = 0; at != null; at = bound.location("mappings[" + ++i + "]")) {
            String path = "mappings[" + i + "]";
            SourceLocation mappingAt = at;
            MappingConfig mapping = bound.section(path, MappingConfig.class);
            if (mapping != null) {
                mappingCheck.problems(mapping).forEach((key, message) -> {
                    SourceLocation keyAt = bound.location(path + "." + key);
                    problems.add(keyAt == null ? mappingAt : keyAt, "'" + path + "." + key + "': " + message);
                });
            }
        }
    }

    /** The top level of a file; nothing, with a problem added, if it is not YAML with keys. */
    private SequencedMap<String, Entry> sections(String text, Path file) {
        try {
            Yaml yaml = Yaml.parse(text, file);
            if (yaml == null || yaml.isEmpty()) {
                return new LinkedHashMap<>();
            }
            SequencedMap<String, Entry> sections = yaml.entries(problems);
            if (sections != null) {
                return sections;
            }
            problems.add(yaml.location(), "a configuration must have sections, but this is " + yaml.kind());
        } catch (ConfigException e) {
            problems.addAll(e);
        }
        incomplete = true;
        return new LinkedHashMap<>();
    }

    private void include(Yaml list, SequencedMap<String, Entry> sections) {
        List<Yaml> items = list.isEmpty() ? List.of() : list.items();
        if (items == null) {
            incomplete = true;
            problems.add(list.location(), "'" + INCLUDE + "' must be a list of files, but is " + list.kind());
            return;
        }
        for (Yaml item : items) {
            included(item).forEach((name, entry) -> {
                Entry first = name.equals(INCLUDE) ? null : sections.putIfAbsent(name, entry);
                if (first != null) {
                    problems.add(entry.key(), "'" + name + "' is given twice: here and at " + first.key());
                }
                if (name.equals(INCLUDE)) {
                    problems.add(entry.key(), "'" + INCLUDE + "' can stand in the main file only");
                }
            });
        }
    }

    private SequencedMap<String, Entry> included(Yaml item) {
        String problem;
        try {
            String name = item.scalar();
            if (name == null) {
                throw new IllegalArgumentException("must be the path of a file, but is " + item.kind());
            }
            Path file = folder.resolve(variables.expand(name)).normalize();
            try {
                return sections(Files.readString(file), file);
            } catch (IOException e) {
                problem = file + " cannot be read: " + Scalars.reason(file, e);
            }
        } catch (IllegalArgumentException e) {
            problem = String.valueOf(e.getMessage());
        }
        incomplete = true;
        problems.add(item.location(), "'" + INCLUDE + "': " + problem);
        return new LinkedHashMap<>();
    }

    /** With no collections declared, those that the mappings name, made with the defaults. */
    private FreshetConfig withImpliedCollections(FreshetConfig config) {
        Map<String, CollectionConfig> implied = new LinkedHashMap<>();
        for (MappingConfig mapping : config.mappings()) {
            SequencedMap<String, Entry> none = new LinkedHashMap<>();
            CollectionConfig defaults = new Binder(variables, problems)
                    .bind(CollectionConfig.class, "collections." + mapping.collection(), none, mapping.location());
            implied.put(mapping.collection(), requireNonNull(defaults, "every key of a collection has a default"));
        }
        return new FreshetConfig(
                config.state(),
                config.source(),
                config.embedding(),
                config.index(),
                implied,
                config.mappings(),
                config.pipeline(),
                config.coalesce(),
                config.deadLetters(),
                config.http());
    }
}
