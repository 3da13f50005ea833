package dev.freshet.source;

import static dev.freshet.source.PostgresDatabase.quoted;

import dev.freshet.change.Row;
import dev.freshet.change.RowKey;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads current rows by JDBC, with the same Java values as the capture gives them. Rows read are the newest committed
 * ones, hence at least as new as any event that has arrived.
 */
public final class RowReader {

    private static final int KEYS_PER_QUERY = 500;
    private static final int ROWS_PER_FETCH = 100;
    private static final Duration VISIBLE_WITHIN = Duration.ofSeconds(5);
    private static final Duration LOOK_AGAIN = Duration.ofMillis(2);

    private final PostgresDatabase database;

    public RowReader(PostgresDatabase database) {
        this.database = database;
    }

    /** A row with its key. */
    public record KeyedRow(RowKey key, Row row) {}

    /**
     * The rows there are of these keys; a key without a row is missing in the answer.
     *
     * @param transactions whose effects the rows must show; ids as in
     *     {@link dev.freshet.change.SourcePosition#transaction}
     * @throws SourceException if the transactions do not become visible in time; trying again helps
     */
    public Map<RowKey, Row> rows(Table table, Collection<RowKey> keys, Collection<String> transactions) {
        awaitVisible(transactions.stream().map(Long::valueOf).toList());
        return rows(table, keys);
    }

    private void awaitVisible(Collection<Long> transactions) {
        long deadline = System.nanoTime() + VISIBLE_WITHIN.toNanos();
        while (!transactions.isEmpty()) {
            TransactionSnapshot snapshot = TransactionSnapshot.parse(database.currentSnapshot());
            if (transactions.stream().allMatch(snapshot::sees)) {
                return;
            }
            if (System.nanoTime() > deadline) {
                throw SourceException.transientFailure(
                        "transactions %s are committed in the log and not visible yet (a synchronous standby may be slow)"
                                .formatted(transactions),
                        null);
            }
            LockSupport.parkNanos(LOOK_AGAIN.toNanos());
        }
    }

    /** The rows there are of these keys; a key without a row is missing in the answer. */
    public Map<RowKey, Row> rows(Table table, Collection<RowKey> keys) {
        var found = new LinkedHashMap<RowKey, Row>();
        var all = new ArrayList<>(keys);
        for (int from = 0; from < all.size(); from += KEYS_PER_QUERY) {
            List<RowKey> some = all.subList(from, Math.min(all.size(), from + KEYS_PER_QUERY));
            String tuple = "(" + "?, ".repeat(table.key().size() - 1) + "?)";
            String sql = select(table) + " WHERE (" + quotedKey(table) + ") IN ("
                    + (tuple + ", ").repeat(some.size() - 1) + tuple + ")";
            query(table, sql, some, Long.MAX_VALUE).forEach(row -> found.put(row.key(), row.row()));
        }
        return found;
    }

    /**
     * The next rows in key order after a key or from the start, at most {@code limit} and only until they are about
     * {@code bytes} large; at least one if there is any.
     */
    public List<KeyedRow> page(Table table, @Nullable RowKey after, int limit, long bytes) {
        String where = after == null
                ? ""
                : " WHERE (" + quotedKey(table) + ") > ("
                        + "?, ".repeat(table.key().size() - 1) + "?)";
        String sql = select(table) + where + " ORDER BY " + quotedKey(table) + " LIMIT " + limit;
        return query(table, sql, after == null ? List.of() : List.of(after), bytes);
    }

    /** Those of the keys that have a row. */
    public Set<RowKey> existing(Table table, Collection<RowKey> keys) {
        return rows(table.only(Set.of()), keys).keySet();
    }

    /** The next keys in their order after a key or from the start, as rows of which nothing else is known. */
    public List<KeyedRow> keys(Table table, @Nullable RowKey after, int limit) {
        Set<String> others = table.columns().stream()
                .map(Column::name)
                .filter(name -> !table.key().contains(name))
                .collect(Collectors.toSet());
        return page(table.only(Set.of()), after, limit, Long.MAX_VALUE).stream()
                .map(row -> new KeyedRow(row.key(), new Row(row.row().values(), others)))
                .toList();
    }

    private List<KeyedRow> query(Table table, String sql, List<RowKey> parameters, long bytes) {
        return database.with("reading rows of " + table.id(), connection -> {
            // Only inside a transaction does the driver fetch piece by piece instead of everything at once.
            connection.setAutoCommit(false);
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                statement.setFetchSize(ROWS_PER_FETCH);
                int place = 1;
                for (RowKey key : parameters) {
                    for (Object value : key.columns().values()) {
                        // As text of no declared type, so that the server takes the column's.
                        statement.setObject(place++, value.toString(), Types.OTHER);
                    }
                }
                return read(table, statement, bytes);
            } finally {
                connection.rollback();
                connection.setAutoCommit(true);
            }
        });
    }

    private static List<KeyedRow> read(Table table, PreparedStatement statement, long bytes) throws SQLException {
        var rows = new ArrayList<KeyedRow>();
        try (ResultSet result = statement.executeQuery()) {
            long read = 0;
            while (read < bytes && result.next()) {
                var values = new LinkedHashMap<String, @Nullable Object>();
                int place = 1;
                for (Column column : table.columns()) {
                    String text = result.getString(place++);
                    read += text == null ? 0 : 2L * text.length();
                    values.put(column.name(), value(table, column, text));
                }
                var key = new LinkedHashMap<String, Object>();
                for (String name : table.key()) {
                    Object value = values.get(name);
                    if (value == null) {
                        throw new IllegalStateException("null in the key of " + table.id());
                    }
                    key.put(name, value);
                }
                rows.add(new KeyedRow(new RowKey(key), Row.of(values)));
            }
        }
        return rows;
    }

    private static @Nullable Object value(Table table, Column column, @Nullable String text) {
        try {
            return value(column, text);
        } catch (RuntimeException e) {
            throw SourceException.permanent("column %s of table %s has a value that cannot be read (%s)"
                    .formatted(column.name(), table.id(), e.getClass().getSimpleName()));
        }
    }

    private static @Nullable Object value(Column column, @Nullable String text) {
        if (text == null || column.type() != ColumnType.ARRAY) {
            return column.type().parse(text);
        }
        Object elements = ColumnType.json(text);
        return elements instanceof List<?> list ? elements(column.element(), list) : elements;
    }

    private static List<@Nullable Object> elements(ColumnType type, List<?> elements) {
        var values = new ArrayList<@Nullable Object>(elements.size());
        for (Object element : elements) {
            values.add(
                    switch (element) {
                        case null -> null;
                        case List<?> nested -> elements(type, nested);
                        default -> type.parse(element.toString());
                    });
        }
        return values;
    }

    /** Elements as text, so that they are read like columns of their type; as JSON, so that they are told apart. */
    private static String select(Table table) {
        return table.columns().stream()
                .map(column -> column.type() == ColumnType.ARRAY
                        ? "to_jsonb(" + qualified(column.name()) + "::text[])::text"
                        : qualified(column.name()) + "::text")
                .collect(Collectors.joining(", ", "SELECT ", " FROM " + quoted(table.id()) + " AS t"));
    }

    private static String quotedKey(Table table) {
        return table.key().stream().map(RowReader::qualified).collect(Collectors.joining(", "));
    }

    /** With the table's alias: a bare name in ORDER BY would mean the selected text, whose order is another. */
    private static String qualified(String column) {
        return "t." + quoted(column);
    }
}
