package dev.freshet.daemon;

import dev.freshet.change.TableId;
import dev.freshet.chunk.Chunker;
import dev.freshet.chunk.ChunkingSpec;
import dev.freshet.chunk.Tokenizer;
import dev.freshet.config.ChunkingConfig;
import dev.freshet.config.CollectionConfig;
import dev.freshet.config.FreshetConfig;
import dev.freshet.config.MappingConfig;
import dev.freshet.config.SourceLocation;
import dev.freshet.diagnosis.Problem;
import dev.freshet.document.Mapping;
import dev.freshet.pipeline.Target;
import dev.freshet.source.Column;
import dev.freshet.source.ColumnType;
import dev.freshet.source.PostgresDatabase;
import dev.freshet.source.SourceException;
import dev.freshet.source.Table;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The configured mappings, checked against the database: which tables are captured and where their rows go. */
final class Tables {

    private record Configured(Mapping mapping, SourceLocation location) {}

    private final Map<TableId, Table> tables = new LinkedHashMap<>();
    private final Map<TableId, List<Configured>> mappings = new LinkedHashMap<>();
    private final Map<TableId, List<Target>> targets = new LinkedHashMap<>();
    private final List<Problem> problems = new ArrayList<>();

    private Tables(FreshetConfig config) {
        for (MappingConfig each : config.mappings()) {
            Mapping mapping = Mappings.compile(each);
            mappings.computeIfAbsent(mapping.table(), table -> new ArrayList<>())
                    .add(new Configured(mapping, each.location()));
        }
    }

    /**
     * Reads the tables' columns.
     *
     * @throws StartupException with the places in the configuration, if mappings do not fit their tables
     */
    static Tables read(FreshetConfig config, PostgresDatabase database, Tokenizer tokenizer) {
        List<Problem> chunking = chunkingProblems(config, tokenizer);
        Tables tables = inspect(config, database);
        List<Problem> problems = chunking.isEmpty() ? tables.problems : chunking;
        if (!problems.isEmpty()) {
            throw new StartupException(problems.stream().map(Problem::message).collect(Collectors.joining("\n")));
        }
        tables.aim(config, tokenizer);
        return tables;
    }

    /** Reads the tables' columns; where mappings do not fit them, the {@link #problems} say so. */
    static Tables inspect(FreshetConfig config, PostgresDatabase database) {
        var read = new Tables(config);
        read.mappings.forEach((id, configured) -> read.inspect(database, id, configured));
        return read;
    }

    private void inspect(PostgresDatabase database, TableId id, List<Configured> configured) {
        SourceLocation location = configured.getFirst().location();
        Table all;
        try {
            all = database.table(id);
        } catch (SourceException e) {
            if (!e.isPermanent()) {
                throw e;
            }
            problems.add(e.problem().at(location));
            return;
        }
        Set<String> columns = new LinkedHashSet<>();
        for (Configured each : configured) {
            checkColumns(all, each);
            columns.addAll(each.mapping().columns());
        }
        Table captured = all.only(columns);
        tables.put(id, captured);
        database.accessProblems(captured).forEach(problem -> problems.add(problem.at(location)));
    }

    private void checkColumns(Table table, Configured configured) {
        var names = new TreeSet<String>();
        table.columns().stream().map(Column::name).forEach(names::add);
        var missing = new TreeSet<>(configured.mapping().columns());
        missing.removeAll(names);
        String mapping = configured.mapping().name();
        if (!missing.isEmpty()) {
            problems.add(Problem.of(
                            "mapping %s reads %s, which table %s does not have"
                                    .formatted(mapping, String.join(", ", missing), table.id()),
                            "It has " + String.join(", ", names))
                    .at(configured.location()));
        }
        String tenant = configured.mapping().tenant();
        table.columns().stream()
                .filter(column -> column.name().equals(tenant) && !canBeTenant(column.type()))
                .forEach(column -> problems.add(Problem.of(
                                "mapping %s has column %s for its tenant, which is of type %s"
                                        .formatted(mapping, tenant, described(column.type())),
                                "A tenant is one value that is compared for equality: a text, a number, a uuid")
                        .at(configured.location())));
    }

    private static boolean canBeTenant(ColumnType type) {
        return switch (type) {
            case TEXT, CHARACTER, INTEGER, DECIMAL, BOOLEAN, OTHER -> true;
            case FLOAT, JSON, DATE, TIME, TIME_WITH_ZONE, TIMESTAMP, TIMESTAMP_WITH_ZONE, BYTES, ARRAY -> false;
        };
    }

    private static String described(ColumnType type) {
        return type.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    /** The collections whose chunks would not suit the model. */
    static List<Problem> chunkingProblems(FreshetConfig config, Tokenizer tokenizer) {
        var problems = new ArrayList<Problem>();
        var collections = new TreeSet<>(config.collections().keySet());
        config.mappings().forEach(mapping -> collections.add(mapping.collection()));
        for (String collection : collections) {
            try {
                var unused = new Chunker(spec(config, collection), tokenizer);
            } catch (IllegalArgumentException e) {
                problems.add(Problem.of(
                        "collections." + collection + ".chunking: " + e.getMessage(), "Change its size or overlap"));
            }
        }
        return problems;
    }

    private void aim(FreshetConfig config, Tokenizer tokenizer) {
        var chunkers = new HashMap<String, Chunker>();
        tables.forEach((id, table) -> targets.put(
                id,
                mappingsOf(id).stream()
                        .map(mapping -> new Target(
                                mapping,
                                chunkers.computeIfAbsent(
                                        mapping.collection(), name -> new Chunker(spec(config, name), tokenizer)),
                                table))
                        .toList()));
    }

    /** How a collection is chunked. */
    static ChunkingSpec spec(FreshetConfig config, String collection) {
        CollectionConfig configured = config.collections().get(collection);
        if (configured == null) {
            return ChunkingSpec.DEFAULT;
        }
        ChunkingConfig chunking = configured.chunking();
        return new ChunkingSpec(
                ChunkingSpec.Strategy.valueOf(chunking.strategy().name().toUpperCase(Locale.ROOT)),
                chunking.size(),
                chunking.overlap());
    }

    /** Where mappings do not fit their tables, or the tables cannot be read or captured. */
    List<Problem> problems() {
        return List.copyOf(problems);
    }

    /** The tables that are there. */
    Map<TableId, Table> tables() {
        return Map.copyOf(tables);
    }

    Map<TableId, List<Target>> targets() {
        return Map.copyOf(targets);
    }

    /** The mappings of a table, in the order of the configuration. */
    List<Mapping> mappingsOf(TableId table) {
        return mappings.getOrDefault(table, List.of()).stream()
                .map(Configured::mapping)
                .toList();
    }

    /** The mappings of each collection. */
    Map<String, List<Mapping>> mappingsByCollection() {
        var byCollection = new LinkedHashMap<String, List<Mapping>>();
        mappings.values()
                .forEach(all -> all.forEach(each -> byCollection
                        .computeIfAbsent(each.mapping().collection(), name -> new ArrayList<>())
                        .add(each.mapping())));
        return byCollection;
    }
}
