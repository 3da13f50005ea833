package dev.freshet.daemon;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.freshet.change.RowKey;
import dev.freshet.change.SourcePosition;
import dev.freshet.change.TableId;
import dev.freshet.change.Version;
import dev.freshet.chunk.Chunk;
import dev.freshet.config.FreshetConfig;
import dev.freshet.config.MappingConfig;
import dev.freshet.config.SourceConfig;
import dev.freshet.document.Document;
import dev.freshet.document.Outcome;
import dev.freshet.embed.LoadedModel;
import dev.freshet.pipeline.Target;
import dev.freshet.source.PostgresDatabase;
import dev.freshet.source.RowReader;
import dev.freshet.source.Table;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What would be indexed for a row, made by the very parts that a daemon works with. Reads; writes nothing anywhere.
 *
 * @param schema version of this form
 * @param table the row's table
 * @param key the row's key, as a document shows it
 * @param mappings what each mapping of the table makes of it
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
public record Preview(int schema, String table, String key, List<OfMapping> mappings) {

    private static final long ALL_BYTES = Long.MAX_VALUE;

    /**
     * What a mapping makes of the row.
     *
     * @param indexed whether the row becomes a document
     * @param why why it does not; null when it does
     * @param document null when it does not
     */
    public record OfMapping(
            String mapping,
            String collection,
            boolean indexed,
            @Nullable String why,
            @Nullable OfDocument document) {}

    /** The document. */
    public record OfDocument(
            String id,
            @Nullable String tenant,
            Map<String, @Nullable Object> metadata,
            String text,
            List<OfChunk> chunks) {}

    /** A chunk; its tokens include the headings' and the model's special ones. */
    public record OfChunk(int tokens, List<String> headings, String text) {}

    /**
     * Makes one.
     *
     * @param table as the configuration names it; the schema may be left out
     * @param key the row's key; null for the first row in key order
     * @throws StartupException if no mapping takes the table, or there is no such row
     */
    public static Preview of(FreshetConfig config, String table, @Nullable String key) {
        TableId id = find(config, table);
        unpackNatives(config);
        LoadedModel model = Wiring.model(config.embedding());
        SourceConfig source = config.source();
        try (var database = new PostgresDatabase(
                source.url(), source.user(), source.password().value())) {
            Tables tables = Tables.read(config, database, model.tokenizer());
            Table captured = tables.tables().get(id);
            List<Target> targets = tables.targets().get(id);
            if (captured == null || targets == null) {
                throw new IllegalStateException("table " + id + " has gone from the configuration");
            }
            RowReader.KeyedRow row = row(new RowReader(database), captured, key);
            var mappings = new ArrayList<OfMapping>();
            for (Target target : targets) {
                mappings.add(ofMapping(target, row, config));
            }
            return new Preview(1, id.toString(), row.key().text(), mappings);
        }
    }

    private static void unpackNatives(FreshetConfig config) {
        try {
            Natives.forLooking(config.state());
        } catch (IOException e) {
            throw new UncheckedIOException("no temporary folder for the tokenizer's library: " + e.getMessage(), e);
        }
    }

    private static TableId find(FreshetConfig config, String table) {
        var tables = new TreeSet<TableId>();
        config.mappings().forEach(mapping -> tables.add(TableId.parse(mapping.table())));
        List<TableId> matching = tables.stream()
                .filter(id -> id.toString().equals(table) || id.name().equals(table))
                .toList();
        if (matching.size() != 1) {
            throw new StartupException("%s; the mapped tables are %s"
                    .formatted(
                            matching.isEmpty()
                                    ? "no mapping takes table '" + table + "'"
                                    : "there are several tables '" + table + "', name one with its schema",
                            tables.stream().map(TableId::toString).collect(Collectors.joining(", "))));
        }
        return matching.getFirst();
    }

    private static RowReader.KeyedRow row(RowReader reader, Table table, @Nullable String key) {
        if (key == null) {
            return reader.page(table, null, 1, ALL_BYTES).stream()
                    .findFirst()
                    .orElseThrow(() -> new StartupException("table " + table.id() + " has no rows"));
        }
        List<String> values = RowKey.values(key, table.key().size());
        if (values.size() != table.key().size()) {
            throw new StartupException(
                    "the key of table %s has the columns %s: give a value for each, in this order, with commas between"
                            .formatted(table.id(), String.join(", ", table.key())));
        }
        var columns = new LinkedHashMap<String, Object>();
        for (int i = 0; i < values.size(); i++) {
            columns.put(table.key().get(i), values.get(i));
        }
        return reader.rows(table, List.of(new RowKey(columns))).entrySet().stream()
                .findFirst()
                .map(found -> new RowReader.KeyedRow(found.getKey(), found.getValue()))
                .orElseThrow(() -> new StartupException("table %s has no row with the key %s (%s)"
                        .formatted(table.id(), key, String.join(", ", table.key()))));
    }

    private static OfMapping ofMapping(Target target, RowReader.KeyedRow row, FreshetConfig config) {
        String name = target.mapping().name();
        String collection = target.mapping().collection();
        var position = new SourcePosition("freshet", Version.NONE, Instant.EPOCH, null);
        return switch (target.mapping().map(row.key(), row.row(), position)) {
            case Outcome.Made made -> new OfMapping(name, collection, true, null, ofDocument(target, made.document()));
            case Outcome.NotMember ignored ->
                new OfMapping(name, collection, false, notMember(target, row, config), null);
            case Outcome.Rejected no ->
                new OfMapping(
                        name,
                        collection,
                        false,
                        "it would become a dead letter: %s: %s".formatted(no.stage(), no.reason()),
                        null);
        };
    }

    private static String notMember(Target target, RowReader.KeyedRow row, FreshetConfig config) {
        String when = config.mappings().stream()
                .filter(mapping -> mapping.name().equals(target.mapping().name()))
                .map(MappingConfig::when)
                .flatMap(expression -> Optional.ofNullable(expression).stream())
                .collect(Collectors.joining());
        return "'when' is false: %s, with %s"
                .formatted(
                        when.strip(),
                        target.mapping().membershipColumns().stream()
                                .map(column -> column + " = " + row.row().get(column))
                                .collect(Collectors.joining(", ")));
    }

    private static OfDocument ofDocument(Target target, Document document) {
        List<Chunk> chunks = target.chunker().chunk(document.key(), document.text());
        return new OfDocument(
                document.id(),
                document.tenant(),
                document.metadata(),
                document.text(),
                chunks.stream()
                        .map(chunk -> new OfChunk(chunk.tokens(), chunk.headings(), chunk.text()))
                        .toList());
    }
}
