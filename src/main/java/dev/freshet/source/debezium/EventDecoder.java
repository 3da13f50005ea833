package dev.freshet.source.debezium;

import dev.freshet.change.ChangeEvent;
import dev.freshet.change.ChangeEvent.Origin;
import dev.freshet.change.Row;
import dev.freshet.change.RowKey;
import dev.freshet.change.SourcePosition;
import dev.freshet.change.TableId;
import dev.freshet.change.Traceparent;
import dev.freshet.change.Version;
import dev.freshet.source.CapturedTables;
import dev.freshet.source.Column;
import dev.freshet.source.PostgresDatabase;
import dev.freshet.source.Table;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;

/**
 * Turns Debezium's records into change events. Not thread-safe: it remembers the position of the last streamed change,
 * which is the version of rows that a snapshot reads (their records carry no position of their own), and the trace context
 * that a transaction gave for the changes that follow in it.
 */
final class EventDecoder {

    /** Stands for a value that the log did not carry; chosen so that no text holds it by chance. */
    static final String UNAVAILABLE = "__freshet_unavailable_5b0c6d1e__";

    private static final String UNAVAILABLE_UUID =
            UUID.nameUUIDFromBytes(UNAVAILABLE.getBytes(StandardCharsets.UTF_8)).toString();

    private final String connector;
    private final CapturedTables tables;
    private final Map<TableId, Form> forms = new HashMap<>();
    private final int epoch;
    private Version last;
    private @Nullable String tracedTransaction;
    private @Nullable Traceparent traceparent;

    EventDecoder(String connector, CapturedTables tables, int epoch) {
        this.epoch = epoch;
        this.last = new Version(epoch, 0, 0);
        this.connector = connector;
        this.tables = tables;
    }

    /**
     * How the changes of a table come.
     *
     * @param schema the form of the records
     * @param table what they were compared with
     * @param unread the columns of the table that such records do not have, or not as a value of its type
     */
    private record Form(Schema schema, Table table, Set<String> unread) {}

    /** The event a record stands for; nothing for records that carry no news (transaction marks, tombstones). */
    Optional<ChangeEvent> decode(SourceRecord record) {
        if (!(record.value() instanceof Struct value)) {
            return Optional.empty();
        }
        if (record.topic().startsWith("__debezium-heartbeat")) {
            return Optional.of(new ChangeEvent.Barrier(
                    "", position(record, Instant.ofEpochMilli(value.getInt64("ts_ms")), null, false)));
        }
        if (record.valueSchema().field("op") == null) {
            return Optional.empty();
        }
        String operation = value.getString("op");
        Struct source = value.getStruct("source");
        boolean snapshot = operation.equals("r");
        SourcePosition position = position(record, committedAt(source), transaction(source), snapshot);
        if (operation.equals("m")) {
            return message(value.getStruct("message"), position);
        }
        var id = new TableId(source.getString("schema"), source.getString("table"));
        Table table = tables.of(id);
        if (table == null) {
            return Optional.empty();
        }
        if (operation.equals("t")) {
            return Optional.of(new ChangeEvent.TableTruncated(id, position, traceOf(position)));
        }
        RowKey key = record.key() instanceof Struct columns ? key(table, columns) : null;
        if (key == null) {
            tables.otherColumns(id);
            return Optional.of(new ChangeEvent.SchemaChanged(
                    id, "a row came without the key " + String.join(", ", table.key()), position));
        }
        return switch (operation) {
            case "d" -> Optional.of(new ChangeEvent.RowDeleted(id, key, position, traceOf(position)));
            case "c", "u", "r" ->
                Optional.of(new ChangeEvent.RowUpserted(
                        id,
                        key,
                        row(table, value.getStruct("after"), snapshot),
                        snapshot ? Origin.BACKFILL : Origin.LIVE,
                        position,
                        traceOf(position)));
            default ->
                throw new IllegalStateException(
                        "Debezium sent operation '%s' for table %s, which is not known here".formatted(operation, id));
        };
    }

    private Optional<ChangeEvent> message(Struct message, SourcePosition position) {
        String prefix = message.getString("prefix");
        byte[] bytes =
                message.get("content") instanceof ByteBuffer buffer ? bytes(buffer) : message.getBytes("content");
        String content = bytes == null ? "" : new String(bytes, StandardCharsets.UTF_8);
        if (PostgresDatabase.TRACE_PREFIX.equals(prefix)) {
            tracedTransaction = position.transaction();
            traceparent = Traceparent.parse(content).orElse(null);
            return Optional.empty();
        }
        boolean ours = PostgresDatabase.BARRIER_PREFIX.equals(prefix);
        return Optional.of(new ChangeEvent.Barrier(ours ? content : "", position));
    }

    /** What the transaction said before this change of it, if anything. */
    private @Nullable Traceparent traceOf(SourcePosition position) {
        String transaction = position.transaction();
        return transaction != null && transaction.equals(tracedTransaction) ? traceparent : null;
    }

    private SourcePosition position(
            SourceRecord record, Instant committedAt, @Nullable String transaction, boolean snapshot) {
        Map<String, ?> offset = record.sourceOffset();
        var version = new Version(epoch, number(offset.get("lsn_commit")), number(offset.get("lsn")));
        if (snapshot) {
            version = Version.max(version, last);
        } else {
            last = Version.max(version, last);
        }
        return new SourcePosition(connector, version, committedAt, transaction);
    }

    private static long number(@Nullable Object value) {
        return value instanceof Number number ? number.longValue() : 0;
    }

    private static Instant committedAt(Struct source) {
        Long micros = source.schema().field("ts_us") == null ? null : source.getInt64("ts_us");
        return micros == null
                ? Instant.ofEpochMilli(source.getInt64("ts_ms"))
                : Instant.ofEpochSecond(micros / 1_000_000, micros % 1_000_000 * 1_000);
    }

    private static @Nullable String transaction(Struct source) {
        Object id = source.schema().field("txId") == null ? null : source.get("txId");
        return id == null ? null : id.toString();
    }

    /** The key, null if it is not of the columns that it should be. */
    private static @Nullable RowKey key(Table table, Struct key) {
        var columns = new LinkedHashMap<String, Object>();
        for (String name : table.key()) {
            if (key.schema().field(name) == null) {
                return null;
            }
            Column column = table.column(name).orElseThrow();
            Object value = ColumnValues.of(column, key.get(name));
            if (value == null || value instanceof ColumnValues.Unknown) {
                throw new IllegalStateException("no value in the key of " + table.id());
            }
            columns.put(name, value);
        }
        return new RowKey(columns);
    }

    private Row row(Table table, Struct after, boolean snapshot) {
        var values = new LinkedHashMap<String, @Nullable Object>();
        // What is wanted and not there may be there by the time that somebody needs it.
        var unavailable = new HashSet<>(tables.missing(table.id()));
        Set<String> unread = form(table, after.schema()).unread();
        for (Column column : table.columns()) {
            // A snapshot selects generated columns, the log does not carry them.
            boolean carried = column.isDecoded() && (snapshot || !column.generated());
            if (!carried || unread.contains(column.name())) {
                values.put(column.name(), null);
                unavailable.add(column.name());
            } else {
                Object raw = after.get(column.name());
                Object value = isUnavailable(raw)
                        ? ColumnValues.Unknown.UNKNOWN
                        : snapshot ? ColumnValues.ofSnapshot(column, raw) : ColumnValues.of(column, raw);
                if (value instanceof ColumnValues.Unknown) {
                    unavailable.add(column.name());
                }
                values.put(column.name(), value instanceof ColumnValues.Unknown ? null : value);
            }
        }
        return new Row(values, unavailable);
    }

    /** Debezium makes another schema when the table was altered, and the same one for all changes until then. */
    @SuppressWarnings("ReferenceEquality")
    private Form form(Table table, Schema schema) {
        Form before = forms.get(table.id());
        if (before != null && before.schema() == schema && before.table() == table) {
            return before;
        }
        Set<String> unread = table.columns().stream()
                .filter(column -> schema.field(column.name()) == null
                        || !ColumnValues.isOf(
                                column, schema.field(column.name()).schema()))
                .map(Column::name)
                .collect(Collectors.toUnmodifiableSet());
        var form = new Form(schema, table, unread);
        forms.put(table.id(), form);
        boolean lacks = table.columns().stream()
                .anyMatch(column -> column.isDecoded() && !column.generated() && unread.contains(column.name()));
        if (lacks || (before != null && before.schema() != schema)) {
            tables.otherColumns(table.id());
        }
        return form;
    }

    /** The placeholder takes the shape of the column's type: text, bytes, a list or a map of either. */
    private static boolean isUnavailable(@Nullable Object value) {
        return switch (value) {
            case String text -> text.equals(UNAVAILABLE);
            case ByteBuffer buffer -> new String(bytes(buffer), StandardCharsets.UTF_8).equals(UNAVAILABLE);
            case byte[] bytes -> new String(bytes, StandardCharsets.UTF_8).equals(UNAVAILABLE);
            case List<?> list -> (list.size() == 1 && isUnavailableElement(list.getFirst())) || spells(list);
            case Map<?, ?> map -> map.containsKey(UNAVAILABLE);
            case null -> false;
            default -> false;
        };
    }

    private static boolean isUnavailableElement(@Nullable Object element) {
        return isUnavailable(element) || UNAVAILABLE_UUID.equals(element);
    }

    /** Arrays of numbers carry the placeholder's bytes as numbers. */
    private static boolean spells(List<?> list) {
        if (list.size() != UNAVAILABLE.length()) {
            return false;
        }
        for (int i = 0; i < list.size(); i++) {
            if (!(list.get(i) instanceof Number number) || number.intValue() != UNAVAILABLE.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }
}
