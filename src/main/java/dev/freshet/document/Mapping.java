package dev.freshet.document;

import static java.util.Objects.requireNonNull;

import dev.freshet.change.ChangeEvent.RowChange;
import dev.freshet.change.ChangeEvent.RowUpserted;
import dev.freshet.change.Row;
import dev.freshet.change.RowKey;
import dev.freshet.change.SourcePosition;
import dev.freshet.change.TableId;
import dev.freshet.change.Traceparent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Makes documents of the rows of one table.
 *
 * <p>{@code id} and {@code text} are Mustache templates over the columns; {@code metadata} and {@code tenant} name columns;
 * {@code when} is a CEL expression over {@code row}. Immutable and safe for use by several threads.
 */
public final class Mapping {

    /** To be raised whenever the same row and mapping begin to make another document. */
    private static final long RENDERING = 1;

    private final String name;
    private final TableId table;
    private final String collection;
    private final @Nullable TextTemplate id;
    private final TextTemplate text;
    private final Set<String> metadata;
    private final @Nullable String tenant;
    private final @Nullable Membership when;
    private final @Nullable String trace;
    private final Set<String> columns;
    private final String fingerprint;

    private Mapping(
            String name,
            TableId table,
            String collection,
            @Nullable String id,
            String text,
            List<String> metadata,
            @Nullable String tenant,
            @Nullable String when) {
        this.name = requireNonNull(name);
        this.table = requireNonNull(table);
        this.collection = requireNonNull(collection);
        this.id = id == null ? null : TextTemplate.compile(name, "id", id);
        this.text = TextTemplate.compile(name, "text", text);
        this.metadata = Collections.unmodifiableSet(new TreeSet<>(metadata));
        this.tenant = tenant;
        this.when = when == null ? null : Membership.compile(name, when);
        this.trace = null;
        this.columns = readBy(this);
        this.fingerprint = ContentHash.of(Arrays.asList(
                RENDERING, table.schema(), table.name(), id, text, List.copyOf(this.metadata), tenant, when));
    }

    private Mapping(Mapping untraced, String trace) {
        this.name = untraced.name;
        this.table = untraced.table;
        this.collection = untraced.collection;
        this.id = untraced.id;
        this.text = untraced.text;
        this.metadata = untraced.metadata;
        this.tenant = untraced.tenant;
        this.when = untraced.when;
        this.trace = trace;
        this.columns = readBy(this);
        this.fingerprint = untraced.fingerprint;
    }

    /**
     * A mapping of these parts, as the configuration names them.
     *
     * @throws MappingException if one of them cannot work whatever the rows are
     */
    public static Mapping of(
            String name,
            TableId table,
            String collection,
            @Nullable String id,
            String text,
            List<String> metadata,
            @Nullable String tenant,
            @Nullable String when) {
        if (name.isBlank() || name.contains("/")) {
            throw new MappingException(name, "name", "a mapping's name is not blank and has no slash");
        }
        return new Mapping(name, table, collection, id, text, metadata, tenant, when);
    }

    /** Everything that cannot work in these parts of a mapping, whatever the rows are; empty when they are good. */
    public static List<MappingException> problems(
            String name, @Nullable String id, String text, @Nullable String when) {
        var problems = new ArrayList<MappingException>();
        if (id != null) {
            collect(problems, () -> TextTemplate.compile(name, "id", id));
        }
        collect(problems, () -> TextTemplate.compile(name, "text", text));
        if (when != null) {
            collect(problems, () -> Membership.compile(name, when));
        }
        return problems;
    }

    private static void collect(List<MappingException> problems, Runnable compilation) {
        try {
            compilation.run();
        } catch (MappingException e) {
            problems.add(e);
        }
    }

    private static Set<String> readBy(Mapping mapping) {
        Set<String> columns = new TreeSet<>(mapping.metadata);
        columns.addAll(mapping.text.columns());
        if (mapping.id != null) {
            columns.addAll(mapping.id.columns());
        }
        if (mapping.tenant != null) {
            columns.add(mapping.tenant);
        }
        if (mapping.when != null) {
            columns.addAll(mapping.when.columns());
        }
        if (mapping.trace != null) {
            columns.add(mapping.trace);
        }
        return Collections.unmodifiableSet(columns);
    }

    /** This mapping with a column that says which trace the last change of a row belongs to. Its documents are the same. */
    public Mapping tracedBy(String column) {
        return new Mapping(this, column);
    }

    /** The change with the trace context that its row names, unless it came with one. */
    public RowChange traced(RowChange change) {
        if (trace == null || !(change instanceof RowUpserted upserted) || upserted.traceparent() != null) {
            return change;
        }
        return upserted.row().get(trace) instanceof String text
                ? Traceparent.parse(text)
                        .<RowChange>map(named -> new RowUpserted(
                                upserted.table(),
                                upserted.key(),
                                upserted.row(),
                                upserted.origin(),
                                upserted.position(),
                                named))
                        .orElse(change)
                : change;
    }

    /** Its name, which is part of its documents' identity. */
    public String name() {
        return name;
    }

    /** The table whose rows it takes. */
    public TableId table() {
        return table;
    }

    /** The collection its documents go to. */
    public String collection() {
        return collection;
    }

    /** The column that says whose document it is; null when there are no tenants. */
    public @Nullable String tenant() {
        return tenant;
    }

    /** The identity of the document of a row. */
    public DocumentKey key(RowKey row) {
        return new DocumentKey(name, row.text());
    }

    /** The columns that its {@code when} reads, sorted. */
    public Set<String> membershipColumns() {
        return when == null ? Set.of() : when.columns();
    }

    /**
     * The columns it reads, sorted: none that is not listed has any influence on a document, nor has the one with the trace. A name that a template uses
     * inside a section is listed although it may turn out to be a key of a json object, not a column.
     */
    public Set<String> columns() {
        return columns;
    }

    /**
     * SHA-256 of all that decides what document a row becomes: the table and every part but name and collection. Equal
     * fingerprints make equal documents, also after a restart and on another machine.
     */
    public String fingerprint() {
        return fingerprint;
    }

    /** Whether the row lacks the value of a column that is read here, so that it must be read back first. */
    public boolean lacksColumns(Row row) {
        return !Collections.disjoint(row.unavailable(), columns);
    }

    /** The same as {@link #map(RowKey, Row, SourcePosition)}. */
    public Outcome apply(RowUpserted event) {
        return map(event.key(), event.row(), event.position());
    }

    /**
     * Makes the document of a row.
     *
     * @throws IllegalArgumentException if the row {@linkplain #lacksColumns lacks columns}
     */
    public Outcome map(RowKey key, Row row, SourcePosition position) {
        if (lacksColumns(row)) {
            throw new IllegalArgumentException(
                    "a row of " + table + " must be read back before mapping '" + name + "' takes it");
        }
        String stage = "when";
        try {
            if (when != null && !when.test(row)) {
                return new Outcome.NotMember();
            }
            stage = "tenant";
            String tenantOfRow = tenant == null ? null : tenantOf(row, tenant);
            stage = "metadata";
            Map<String, @Nullable Object> metadataOfRow = metadataOf(row);
            stage = "id";
            String idOfRow = id == null ? key.text() : idOf(row, id);
            stage = "text";
            String textOfRow = text.render(row);
            return new Outcome.Made(
                    new Document(key(key), idOfRow, table, key, textOfRow, metadataOfRow, tenantOfRow, position));
        } catch (Refusal refusal) {
            return new Outcome.Rejected(stage, refusal.reason());
        }
    }

    private static String tenantOf(Row row, String column) throws Refusal {
        ColumnNames.require(column, row);
        String tenant = ValueText.of(row.get(column));
        if (tenant.isBlank()) {
            // A document without its tenant would be seen by nobody, or by everybody.
            throw new Refusal("the tenant's column '" + column
                    + "' is null or empty; leave such rows out with when: row." + column + " != null");
        }
        return tenant;
    }

    private Map<String, @Nullable Object> metadataOf(Row row) throws Refusal {
        Map<String, @Nullable Object> values = new TreeMap<>();
        for (String column : metadata) {
            ColumnNames.require(column, row);
            values.put(column, JsonValue.of(row.get(column)));
        }
        return values;
    }

    private static String idOf(Row row, TextTemplate template) throws Refusal {
        String id = template.render(row);
        if (id.isBlank()) {
            throw new Refusal("the template gives an empty id");
        }
        return id;
    }
}
