package dev.freshet.source;

import dev.freshet.change.TableId;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Properties;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The source database over JDBC: its catalogue, publication, replication slot and log barriers. One connection, opened
 * when first needed and again after it broke; calls wait for each other.
 */
public final class PostgresDatabase implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(PostgresDatabase.class);

    private static final String OWNER_COMMENT = "managed by freshet";

    private final String url;
    private final Properties properties = new Properties();
    private @Nullable Connection connection;

    /** A database at a JDBC URL; does not connect yet. */
    public PostgresDatabase(String url, String user, String password) {
        this.url = url;
        properties.setProperty("user", user);
        properties.setProperty("password", password);
        properties.setProperty("ApplicationName", "freshet");
        properties.setProperty("connectTimeout", "10");
        properties.setProperty("socketTimeout", "120");
        properties.setProperty("tcpKeepAlive", "true");
    }

    /** Work on the connection. */
    @FunctionalInterface
    interface Work<T> {
        T on(Connection connection) throws SQLException;
    }

    /** Work on the connection that has no result. */
    @FunctionalInterface
    interface Task {
        void on(Connection connection) throws SQLException;
    }

    private void run(String what, Task task) {
        with(what, connection -> {
            task.on(connection);
            return true;
        });
    }

    /** Runs the work, on a new connection if the last one broke; failures become {@link SourceException}s. */
    synchronized <T> T with(String what, Work<T> work) {
        try {
            if (connection == null || connection.isClosed()) {
                connection = DriverManager.getConnection(url, properties);
                try (var statement = connection.createStatement()) {
                    statement.execute("SET TIME ZONE 'UTC'");
                    statement.execute("SET DateStyle = 'ISO'");
                    statement.execute("SET bytea_output = 'hex'");
                    statement.execute("SET extra_float_digits = 1");
                }
            }
            return work.on(connection);
        } catch (SQLException e) {
            disconnect();
            throw SourceException.transientFailure("%s at %s: %s".formatted(what, url, e.getMessage()), e);
        }
    }

    /**
     * Reads a table's columns and key from the catalogue.
     *
     * @throws SourceException if there is no such table, or it has no primary key
     */
    public Table table(TableId id) {
        return with("reading the columns of " + id, connection -> {
            var columns = new ArrayList<Column>();
            try (PreparedStatement statement = connection.prepareStatement("""
                    WITH RECURSIVE base AS (
                        SELECT oid AS type, oid AS base, typbasetype AS next FROM pg_type
                        UNION ALL
                        SELECT base.type, t.oid, t.typbasetype FROM base JOIN pg_type t ON t.oid = base.next)
                    SELECT a.attname, t.typname AS type, t.typtype, e.typname AS element, e.typtype = 'b' AS plain_element,
                           a.attgenerated <> '' AS generated
                      FROM pg_attribute a
                      JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p')
                      JOIN pg_namespace n ON n.oid = c.relnamespace
                      JOIN base ON base.type = a.atttypid AND base.next = 0
                      JOIN pg_type t ON t.oid = base.base
                      LEFT JOIN pg_type e ON e.oid = t.typelem AND e.typarray = t.oid
                     WHERE n.nspname = ? AND c.relname = ? AND a.attnum > 0 AND NOT a.attisdropped
                     ORDER BY a.attnum""")) {
                bind(statement, id.schema(), id.name());
                try (ResultSet rows = statement.executeQuery()) {
                    while (rows.next()) {
                        columns.add(column(rows));
                    }
                }
            }
            if (columns.isEmpty()) {
                throw SourceException.permanent(noSuchTable(connection, id));
            }
            List<String> key = primaryKey(connection, id);
            if (key.isEmpty()) {
                throw SourceException.permanent("""
                        table %s has no primary key, so that its rows cannot be told apart. \
                        Add one: ALTER TABLE %s ADD PRIMARY KEY (…); \
                        a unique, not-null column can become it without rewriting the table: \
                        ALTER TABLE %s ADD PRIMARY KEY USING INDEX <its unique index>;""".formatted(id, quoted(id), quoted(id)));
            }
            var table = new Table(id, columns, key);
            checkKey(table);
            return table;
        });
    }

    private static void checkKey(Table table) {
        for (String name : table.key()) {
            Column column = table.column(name).orElseThrow();
            if (!column.inLog() || column.type() == ColumnType.ARRAY || column.type() == ColumnType.JSON) {
                throw SourceException.permanent("""
                        the primary key of table %s has column %s, which is generated or of a type that the log does not \
                        carry as a key. Use a key of numbers, texts, uuids, dates or timestamps""".formatted(table.id(), name));
            }
        }
    }

    /** A column by its base type, whatever domains are over it. */
    private static Column column(ResultSet row) throws SQLException {
        String of = row.getString("element");
        ColumnType type = of == null ? scalar(row.getString("type"), row.getString("typtype")) : ColumnType.ARRAY;
        ColumnType element = of == null ? type : element(of, row.getBoolean("plain_element"));
        return new Column(row.getString("attname"), type, element, row.getBoolean("generated"));
    }

    /** Arrays of enums, domains and xml are not in the log as Debezium writes it; as texts they can be read back. */
    private static ColumnType element(String name, boolean plain) {
        return plain && !name.equals("xml") ? ColumnType.ofPostgres(name) : ColumnType.OTHER;
    }

    private static ColumnType scalar(String name, String kind) {
        return kind.equals("e") ? ColumnType.TEXT : ColumnType.ofPostgres(name);
    }

    private static List<String> primaryKey(Connection connection, TableId id) throws SQLException {
        return strings(connection, """
                SELECT a.attname
                  FROM pg_index i
                  JOIN pg_class c ON c.oid = i.indrelid
                  JOIN pg_namespace n ON n.oid = c.relnamespace
                  CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(attnum, place)
                  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
                 WHERE n.nspname = ? AND c.relname = ? AND i.indisprimary
                 ORDER BY k.place""", id.schema(), id.name());
    }

    private static String noSuchTable(Connection connection, TableId id) throws SQLException {
        List<String> similar = strings(
                connection,
                "SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                        + " WHERE c.relkind IN ('r', 'p') AND (lower(c.relname) = lower(?) OR n.nspname = ?)"
                        + " ORDER BY lower(c.relname) = lower(?) DESC, 1 LIMIT 8",
                id.name(),
                id.schema(),
                id.name());
        return "there is no table " + id + (similar.isEmpty() ? "" : "; there are " + String.join(", ", similar))
                + ". Names are matched exactly, without quotes, and the user needs the right to see the table";
    }

    /**
     * Makes sure that the publication exists and has the tables. A publication that Freshet created is extended; one that
     * somebody else owns is never altered.
     *
     * @throws SourceException with the SQL to run, if the publication lacks tables and may not be altered, or leaves
     *     changes out
     */
    public void ensurePublication(String name, Collection<TableId> tables) {
        run("preparing publication " + name, connection -> {
            List<String> comments = strings(
                    connection,
                    "SELECT coalesce(obj_description(oid, 'pg_publication'), '') FROM pg_publication WHERE pubname = ?",
                    name);
            if (comments.isEmpty()) {
                execute(
                        connection,
                        "CREATE PUBLICATION %s FOR TABLE %s WITH (publish_via_partition_root = true)"
                                .formatted(quoted(name), quotedList(tables)),
                        "COMMENT ON PUBLICATION %s IS '%s'".formatted(quoted(name), OWNER_COMMENT));
                return;
            }
            checkPublishesAll(connection, name);
            var published = strings(
                    connection,
                    "SELECT schemaname || '.' || tablename FROM pg_publication_tables WHERE pubname = ?",
                    name);
            var missing = new TreeSet<>(tables);
            missing.removeIf(table -> published.contains(table.toString()));
            if (missing.isEmpty()) {
                return;
            }
            String alter = "ALTER PUBLICATION %s ADD TABLE %s".formatted(quoted(name), quotedList(missing));
            if (!comments.getFirst().equals(OWNER_COMMENT)) {
                throw SourceException.permanent(
                        "publication %s was not made by Freshet and lacks tables. Run: %s;".formatted(name, alter));
            }
            execute(connection, alter);
        });
    }

    /** Which transactions a reader sees now, as {@link TransactionSnapshot} reads it. */
    String currentSnapshot() {
        return with(
                "reading the current snapshot",
                connection -> strings(connection, "SELECT pg_current_snapshot()::text")
                        .getFirst());
    }

    /** A publication may leave kinds of changes out, or name partitions instead of their table. */
    private static void checkPublishesAll(Connection connection, String name) throws SQLException {
        boolean all = strings(connection, """
                        SELECT pubname FROM pg_publication WHERE pubname = ?
                           AND pubinsert AND pubupdate AND pubdelete AND pubtruncate AND pubviaroot""", name).size() == 1;
        if (!all) {
            throw SourceException.permanent("""
                    publication %s leaves changes out. Run: ALTER PUBLICATION %s SET (publish = \
                    'insert, update, delete, truncate', publish_via_partition_root = true);""".formatted(name, quoted(name)));
        }
    }

    /** Puts a barrier into the log; it comes back as a {@link dev.freshet.change.ChangeEvent.Barrier} of this id. */
    public void emitBarrier(String id) {
        run("writing a barrier into the log", connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement("SELECT pg_logical_emit_message(true, ?, ?)")) {
                bind(statement, BARRIER_PREFIX, id);
                statement.execute();
            }
        });
    }

    /** The prefix of the logical messages that are barriers. */
    public static final String BARRIER_PREFIX = "freshet";

    /**
     * A replication slot as the server sees it.
     *
     * @param exists whether there is such a slot
     * @param elsewhere whether it belongs to another database of the server
     * @param lost whether the server has removed log that it needs
     * @param active whether a consumer holds it
     * @param retainedBytes how much log the server keeps for it
     * @param lagBytes how much log lies between what was confirmed and the end of the log
     */
    public record Slot(
            boolean exists, boolean elsewhere, boolean lost, boolean active, long retainedBytes, long lagBytes) {}

    /** Looks at a replication slot. */
    public Slot slot(String name) {
        return with("reading replication slot " + name, connection -> {
            try (PreparedStatement statement = connection.prepareStatement("""
                    SELECT active, database IS DISTINCT FROM current_database(),
                           coalesce(wal_status = 'lost', false),
                           coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn), 0)::bigint,
                           coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn), 0)::bigint
                      FROM pg_replication_slots WHERE slot_name = ?""")) {
                bind(statement, name);
                try (ResultSet rows = statement.executeQuery()) {
                    return rows.next()
                            ? new Slot(
                                    true,
                                    rows.getBoolean(2),
                                    rows.getBoolean(3),
                                    rows.getBoolean(1),
                                    rows.getLong(4),
                                    rows.getLong(5))
                            : new Slot(false, false, false, false, 0, 0);
                }
            }
        });
    }

    /** What the server must be set to for capture: the problems found, each with its remedy; empty when all is well. */
    public List<String> captureProblems() {
        return with("reading the server's settings", connection -> {
            var problems = new ArrayList<String>();
            String level = strings(connection, "SHOW wal_level").getFirst();
            if (!level.equals("logical")) {
                problems.add("wal_level is '" + level
                        + "'. Run: ALTER SYSTEM SET wal_level = 'logical'; and restart the server");
            }
            int version = Integer.parseInt(
                    strings(connection, "SHOW server_version_num").getFirst());
            if (version < 140_000) {
                problems.add("the server is PostgreSQL " + version / 10_000 + "; Freshet needs 14 or later");
            }
            boolean mayReplicate = strings(
                                    connection,
                                    "SELECT rolname FROM pg_roles WHERE rolname = current_user AND (rolreplication OR rolsuper)")
                            .size()
                    == 1;
            boolean managed = !strings(connection, "SELECT 1 FROM pg_roles WHERE rolname IN ('rds_replication')")
                    .isEmpty();
            if (!mayReplicate && !managed) {
                problems.add("the user may not replicate. Run: ALTER ROLE "
                        + quoted(strings(connection, "SELECT current_user").getFirst()) + " REPLICATION;");
            }
            // Debezium reads all types of the database at its start, and fails at an enum without labels of its own.
            for (String type : strings(connection, """
                    SELECT n.nspname || '.' || t.typname FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
                     WHERE t.typcategory = 'E' AND NOT EXISTS (SELECT 1 FROM pg_enum e WHERE e.enumtypid = t.oid)
                     ORDER BY 1""")) {
                problems.add(
                        "type " + type + " is a domain over an enum, or an enum without labels, which Debezium cannot"
                                + " read, even if no table uses it. Use the enum itself in its place (ALTER TABLE … ALTER COLUMN …"
                                + " TYPE …) and run: DROP DOMAIN …;");
            }
            return problems;
        });
    }

    /** About how many rows a table has, by the planner's statistics; 0 where it knows nothing. */
    public long estimatedRows(TableId id) {
        return with("estimating the rows of " + id, connection -> {
            List<String> counts = strings(
                    connection,
                    "WITH RECURSIVE parts AS (SELECT c.oid, c.relkind, c.reltuples FROM pg_class c JOIN pg_namespace n"
                            + " ON n.oid = c.relnamespace WHERE n.nspname = ? AND c.relname = ?"
                            + " UNION ALL SELECT c.oid, c.relkind, c.reltuples FROM pg_inherits i JOIN parts p ON i.inhparent = p.oid"
                            + " JOIN pg_class c ON c.oid = i.inhrelid)"
                            // A partitioned table has the sum of its partitions once it was analyzed.
                            + " SELECT coalesce(sum(greatest(reltuples, 0)), 0)::bigint FROM parts WHERE relkind <> 'p'",
                    id.schema(),
                    id.name());
            return Long.parseLong(counts.getFirst());
        });
    }

    static String quoted(String identifier) {
        return '"' + identifier.replace("\"", "\"\"") + '"';
    }

    static String quoted(TableId id) {
        return quoted(id.schema()) + "." + quoted(id.name());
    }

    private static String quotedList(Collection<TableId> tables) {
        return tables.stream().map(PostgresDatabase::quoted).collect(Collectors.joining(", "));
    }

    private static void execute(Connection connection, String... statements) throws SQLException {
        try (var statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private static List<String> strings(Connection connection, String sql, String... parameters) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            bind(statement, parameters);
            var values = new ArrayList<String>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    values.add(rows.getString(1));
                }
            }
            return values;
        }
    }

    private static void bind(PreparedStatement statement, String... parameters) throws SQLException {
        for (int i = 0; i < parameters.length; i++) {
            statement.setString(i + 1, parameters[i]);
        }
    }

    private void disconnect() {
        Connection broken = connection;
        connection = null;
        if (broken != null) {
            try {
                broken.close();
            } catch (SQLException e) {
                // The connection is being given up because it broke; that it cannot be closed adds nothing.
                LOG.debug("closing a broken connection", e);
            }
        }
    }

    @Override
    public synchronized void close() {
        disconnect();
    }
}
