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
import dev.freshet.pipeline.Fit;
import dev.freshet.pipeline.Target;
import dev.freshet.source.CapturedTables;
import dev.freshet.source.Column;
import dev.freshet.source.PostgresDatabase;
import dev.freshet.source.SourceException;
import dev.freshet.source.Table;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** The configured mappings, checked against the database: which tables are captured and where their rows go. */
final class Tables {

    private record Configured(Mapping mapping, SourceLocation location) {}

    private final Map<TableId, Table> tables = new LinkedHashMap<>();
    private final Map<TableId, List<Configured>> mappings = new LinkedHashMap<>();
    private final Map<TableId, List<Target>> targets = new LinkedHashMap<>();
    private final List<Problem> problems = new ArrayList<>();
    private final Predicate<Mapping> worked;
    private CapturedTables captured = new CapturedTables(Map.of());

    private Tables(FreshetConfig config, Predicate<Mapping> worked) {
        this.worked = worked;
        for (MappingConfig each : config.mappings()) {
            Mapping mapping = Mappings.compile(each);
            mappings.computeIfAbsent(mapping.table(), table -> new ArrayList<>())
                    .add(new Configured(mapping, each.location()));
        }
    }

    /**
     * Reads the tables' columns.
     *
     * @param worked whether the table once had all that a mapping reads: then it has changed since, and is no mistake in
     *     the configuration that a start should be refused for
     * @throws StartupException with the places in the configuration, if mappings do not fit their tables
     */
    static Tables read(
            FreshetConfig config, PostgresDatabase database, Tokenizer tokenizer, Predicate<Mapping> worked) {
        List<Problem> chunking = chunkingProblems(config, tokenizer);
        Tables tables = inspect(config, database, worked);
        List<Problem> problems = chunking.isEmpty() ? tables.problems : chunking;
        if (!problems.isEmpty()) {
            throw new StartupException(problems.stream().map(Problem::message).collect(Collectors.joining("\n")));
        }
        tables.aim(config, tokenizer);
        return tables;
    }

    /** Reads the tables' columns, of which all must be there. */
    static Tables read(FreshetConfig config, PostgresDatabase database, Tokenizer tokenizer) {
        return read(config, database, tokenizer, mapping -> false);
    }

    /** Reads the tables' columns; where mappings do not fit them, the {@link #problems} say so. */
    static Tables inspect(FreshetConfig config, PostgresDatabase database) {
        return inspect(config, database, mapping -> false);
    }

    private static Tables inspect(FreshetConfig config, PostgresDatabase database, Predicate<Mapping> worked) {
        var read = new Tables(config, worked);
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
            if (!configured.stream().allMatch(each -> worked.test(each.mapping()))) {
                problems.add(e.problem().at(location));
            }
            return;
        }
        configured.stream().filter(each -> !worked.test(each.mapping())).forEach(each -> checkColumns(all, each));
        Table captured = all.only(columns(id));
        tables.put(id, captured);
        database.accessProblems(captured).forEach(problem -> problems.add(problem.at(location)));
    }

    /** All that the mappings of a table read. */
    private Set<String> columns(TableId id) {
        return mappingsOf(id).stream()
                .flatMap(mapping -> mapping.columns().stream())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private void checkColumns(Table table, Configured configured) {
        var names = new TreeSet<String>();
        table.columns().stream().map(Column::name).forEach(names::add);
        Mapping mapping = configured.mapping();
        Fit fit = Fit.of(mapping, table);
        if (!fit.missing().isEmpty()) {
            problems.add(Problem.of(
                            "mapping %s reads %s, which table %s does not have"
                                    .formatted(mapping.name(), String.join(", ", fit.missing()), table.id()),
                            "It has " + String.join(", ", names))
                    .at(configured.location()));
        }
        if (fit.tenant() != null) {
            problems.add(Problem.of(
                            "mapping %s has column %s for its tenant, which is of type %s"
                                    .formatted(mapping.name(), mapping.tenant(), Fit.described(fit.tenant())),
                            "A tenant is one value that is compared for equality: a text, a number, a uuid")
                    .at(configured.location()));
        }
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
        var wanted = new HashMap<TableId, Set<String>>();
        mappings.keySet().forEach(id -> wanted.put(id, columns(id)));
        captured = new CapturedTables(wanted, tables);
        var chunkers = new HashMap<String, Chunker>();
        mappings.keySet()
                .forEach(id -> targets.put(
                        id,
                        mappingsOf(id).stream()
                                .map(mapping -> new Target(
                                        mapping,
                                        chunkers.computeIfAbsent(
                                                mapping.collection(),
                                                name -> new Chunker(spec(config, name), tokenizer)),
                                        captured))
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

    /** The tables that are there, as they were read. */
    Map<TableId, Table> tables() {
        return Map.copyOf(tables);
    }

    /** All tables that mappings name, as they will be from now on. */
    CapturedTables captured() {
        return captured;
    }

    /** The mappings of each table, in the order of the configuration. */
    Map<TableId, List<Mapping>> mappings() {
        var byTable = new LinkedHashMap<TableId, List<Mapping>>();
        mappings.keySet().forEach(id -> byTable.put(id, mappingsOf(id)));
        return byTable;
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
