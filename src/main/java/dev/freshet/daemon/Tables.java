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
import dev.freshet.document.Mapping;
import dev.freshet.document.MappingException;
import dev.freshet.pipeline.Target;
import dev.freshet.source.Column;
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

/** The configured mappings, checked against the database: which tables are captured and where their rows go. */
final class Tables {

    private record Configured(Mapping mapping, SourceLocation location) {}

    private final Map<TableId, Table> tables = new LinkedHashMap<>();
    private final Map<TableId, List<Target>> targets = new LinkedHashMap<>();

    private Tables() {}

    /**
     * Reads the tables' columns.
     *
     * @throws StartupException with the place in the configuration, if a mapping does not fit its table
     */
    static Tables read(FreshetConfig config, PostgresDatabase database, Tokenizer tokenizer) {
        var read = new Tables();
        var byTable = new LinkedHashMap<TableId, List<Configured>>();
        for (MappingConfig each : config.mappings()) {
            Configured configured = new Configured(mapping(each), each.location());
            byTable.computeIfAbsent(configured.mapping().table(), table -> new ArrayList<>())
                    .add(configured);
        }
        var chunkers = new HashMap<String, Chunker>();
        byTable.forEach((id, configured) -> {
            Table all = table(database, id, configured.getFirst().location());
            Set<String> columns = new LinkedHashSet<>();
            for (Configured each : configured) {
                checkColumns(all, each);
                columns.addAll(each.mapping().columns());
            }
            Table captured = all.only(columns);
            read.tables.put(id, captured);
            read.targets.put(
                    id,
                    configured.stream()
                            .map(each -> new Target(
                                    each.mapping(),
                                    chunkers.computeIfAbsent(
                                            each.mapping().collection(),
                                            name -> new Chunker(spec(config, name), tokenizer)),
                                    captured))
                            .toList());
        });
        return read;
    }

    private static Mapping mapping(MappingConfig config) {
        try {
            return Mapping.of(
                    config.name(),
                    TableId.parse(config.table()),
                    config.collection(),
                    config.id(),
                    config.text(),
                    config.metadata(),
                    config.tenant(),
                    config.when());
        } catch (MappingException e) {
            throw new StartupException(config.location() + ": " + e.getMessage(), e);
        }
    }

    private static Table table(PostgresDatabase database, TableId id, SourceLocation location) {
        try {
            return database.table(id);
        } catch (SourceException e) {
            if (e.isPermanent()) {
                throw new StartupException(location + ": " + e.getMessage(), e);
            }
            throw e;
        }
    }

    private static void checkColumns(Table table, Configured configured) {
        var names = new TreeSet<String>();
        table.columns().stream().map(Column::name).forEach(names::add);
        var missing = new TreeSet<>(configured.mapping().columns());
        missing.removeAll(names);
        if (!missing.isEmpty()) {
            throw new StartupException("%s: mapping %s reads %s, which table %s does not have; it has %s"
                    .formatted(
                            configured.location(),
                            configured.mapping().name(),
                            String.join(", ", missing),
                            table.id(),
                            String.join(", ", names)));
        }
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

    Map<TableId, Table> tables() {
        return Map.copyOf(tables);
    }

    Map<TableId, List<Target>> targets() {
        return Map.copyOf(targets);
    }

    /** The mappings of each collection. */
    Map<String, List<Mapping>> mappingsByCollection() {
        var byCollection = new LinkedHashMap<String, List<Mapping>>();
        targets.values()
                .forEach(all -> all.forEach(target -> byCollection
                        .computeIfAbsent(target.mapping().collection(), name -> new ArrayList<>())
                        .add(target.mapping())));
        return byCollection;
    }
}
