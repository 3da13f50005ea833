package dev.freshet.config;

import static java.util.Objects.requireNonNull;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which rows of a table become documents, and how.
 *
 * @param name unique, without a slash; an empty one becomes the table's name without its schema
 * @param table {@code schema.table}; one without a schema is completed with {@code public}
 * @param id a template for the id that callers see; the primary key when null
 * @param text a template for the text that is embedded
 * @param metadata columns that can be filtered by and are returned with a hit
 * @param tenant the column that says whose document it is
 * @param when a CEL expression: which rows become documents; all when null
 * @param trace the column that says which trace the row's last change belongs to; none when null
 * @param location where the mapping stands, for messages about what is found wrong with it later
 */
public record MappingConfig(
        @Key(
                value = "The mapping's name, part of its documents' identity: under a new name they are new documents.",
                byDefault = "",
                otherwise = "the table's name without its schema",
                pattern = MappingConfig.NAME,
                form = "made of letters, digits, _, . and -")
        String name,

        @Key(
                value = "The table; without a schema it is in `public`. It needs a primary key.",
                pattern = "[^.]+(\\..+)?",
                form = "schema.table, as the database spells it, without quotes")
        String table,

        @Key(
                value = "The collection its documents are in.",
                pattern = FreshetConfig.COLLECTION,
                form = FreshetConfig.COLLECTION_FORM)
        String collection,

        @Key(value = "A Mustache template for the id that callers see.", otherwise = "the primary key") @Nullable String id,

        @Key("""
                        A Mustache template for the text that is split and embedded: `{{title}}` is the column \
                        `title`.""") String text,

        @Key("Columns to filter by, returned with every hit. A change of these alone costs no embedding.")
        List<String> metadata,

        @Key(value = "The column that says whose document it is.", otherwise = "no tenants") @Nullable String tenant,

        @Key(otherwise = "all rows", value = """
                        A CEL expression that says which rows become documents: `row.status == 'published'`. A row \
                        that stops matching leaves the index.""") @Nullable String when,

        @Key(
                value = "The column with the W3C traceparent of whoever wrote the row.",
                otherwise = "each change has a trace of its own")
        @Nullable String trace,

        SourceLocation location) {

    static final String NAME = "[A-Za-z0-9_.-]+";

    public MappingConfig {
        table = table.indexOf('.') < 0 ? "public." + table : table;
        name = name.isEmpty() ? nameOf(table) : name;
        if (!name.matches(NAME)) {
            throw new IllegalArgumentException(
                    "'" + name + "' cannot name a mapping (letters, digits, _, . and - can): give it a name");
        }
        requireNonNull(collection);
        requireNonNull(text);
        metadata = List.copyOf(metadata);
        requireNonNull(location);
    }

    /** What a mapping of this table is called unless it says otherwise. */
    static String nameOf(String table) {
        return table.substring(table.indexOf('.') + 1);
    }
}
