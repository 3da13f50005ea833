package dev.freshet.source;

import dev.freshet.change.TableId;
import dev.freshet.diagnosis.Problem;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Properties;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.postgresql.replication.LogSequenceNumber;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The source database over JDBC: its catalogue, publication, replication slot and log barriers. One connection, opened
 * when first needed and again after it broke; calls wait for each other.
 */
public final class PostgresDatabase implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(PostgresDatabase.class);

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final String url;
    private final Properties properties = new Properties();
    private volatile @Nullable Connection connection;
    private volatile boolean closed;

    /** A database at a JDBC URL; does not connect yet. */
    public PostgresDatabase(String url, String user, String password) {
        this(url, user, password, PATIENCE);
    }

    /** A database of which an answer is awaited no longer than this; does not connect yet. */
    public PostgresDatabase(String url, String user, String password, Duration patience) {
        this.url = url;
        properties.setProperty("user", user);
        properties.setProperty("password", password);
        properties.setProperty("ApplicationName", "freshet");
        // Somebody may be waiting in front of a first start: an unreachable server is told of within seconds.
        properties.setProperty("connectTimeout", "5");
        properties.setProperty("loginTimeout", "8");
        properties.setProperty("socketTimeout", Long.toString(patience.toSeconds()));
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
            return work.on(connected());
        } catch (SQLException e) {
            // Behind the first line the server tells of its portals and parameters.
            String said = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
            String message = "%s at %s: %s".formatted(what, url.replaceFirst("\\?.*", ""), said);
            if (isAboutValues(e)) {
                throw SourceException.permanent(message);
            }
            disconnect();
            throw SourceException.transientFailure(message, e);
        }
    }

    private Connection connected() throws SQLException {
        Connection there = connection;
        if (there == null || there.isClosed()) {
            there = connect(properties);
            connection = there;
            if (closed) {
                disconnect();
                throw SourceException.transientFailure("the connection to the database is closed", null);
            }
            try (var statement = there.createStatement()) {
                statement.execute("SET TIME ZONE 'UTC'");
                statement.execute("SET DateStyle = 'ISO'");
                statement.execute("SET bytea_output = 'hex'");
                statement.execute("SET extra_float_digits = 1");
            }
        }
        return there;
    }

    /**
     * Whether the server would say the same tomorrow of these rows: data exceptions, program limits, and data that is
     * damaged. What is said of tables, privileges or the server is nothing that a row is to blame for.
     *
     * @see <a href="https://www.postgresql.org/docs/current/errcodes-appendix.html">PostgreSQL, Error Codes</a>
     */
    private static boolean isAboutValues(SQLException e) {
        String state = String.valueOf(e.getSQLState());
        return state.startsWith("22") || state.startsWith("54") || state.equals("XX001") || state.equals("XX002");
    }

    private Connection connect(Properties with) {
        try {
            return DriverManager.getConnection(url, with);
        } catch (SQLException e) {
            throw SourceException.transientFailure(ConnectionProblem.of(e, url, properties.getProperty("user", "")), e);
        }
    }

    /** Looks at the server and our role; connects if it has to. */
    public Server server() {
        return with("reading the server's settings", Server::read);
    }

    private Properties replication() {
        var replication = new Properties();
        replication.putAll(properties);
        replication.setProperty("replication", "database");
        replication.setProperty("assumeMinServerVersion", "14");
        replication.setProperty("preferQueryMode", "simple");
        return replication;
    }

    /** Opens the kind of connection that changes come over, and closes it again: what a pooler in between prevents. */
    public void tryReplication() {
        try (Connection sender = connect(replication());
                var statement = sender.createStatement()) {
            statement.execute("IDENTIFY_SYSTEM");
        } catch (SQLException e) {
            throw SourceException.transientFailure("the server takes no replication connection: " + e.getMessage(), e);
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
                throw SourceException.permanent(Problem.of(
                        "table " + id + " has no primary key, so that its rows cannot be told apart",
                        "Add one, or make one of a unique index over not-null columns, which does not rewrite the table",
                        "ALTER TABLE " + quoted(id) + " ADD PRIMARY KEY (…);",
                        "ALTER TABLE " + quoted(id) + " ADD PRIMARY KEY USING INDEX <its unique index>;"));
            }
            var table = new Table(id, columns, key);
            checkKey(table);
            return table;
        });
    }

    /**
     * Reads how a table is defined now.
     *
     * @throws SourceException if there is no such table
     */
    public TableDefinition definition(TableId id) {
        return with("reading the definition of " + id, connection -> {
            long identity = 0;
            var columns = new TreeMap<String, String>();
            try (PreparedStatement statement = connection.prepareStatement("""
                    SELECT c.oid::bigint, a.attname, format_type(a.atttypid, a.atttypmod)
                      FROM pg_attribute a
                      JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p')
                      JOIN pg_namespace n ON n.oid = c.relnamespace
                     WHERE n.nspname = ? AND c.relname = ? AND a.attnum > 0 AND NOT a.attisdropped""")) {
                bind(statement, id.schema(), id.name());
                try (ResultSet rows = statement.executeQuery()) {
                    while (rows.next()) {
                        identity = rows.getLong(1);
                        columns.put(rows.getString(2), rows.getString(3));
                    }
                }
            }
            if (columns.isEmpty()) {
                throw SourceException.permanent(noSuchTable(connection, id));
            }
            return new TableDefinition(id, identity, primaryKey(connection, id), columns);
        });
    }

    private static void checkKey(Table table) {
        for (String name : table.key()) {
            Column column = table.column(name).orElseThrow();
            if (!column.inLog() || column.type() == ColumnType.ARRAY || column.type() == ColumnType.JSON) {
                throw SourceException.permanent(Problem.of(
                        "the primary key of table %s has column %s, which is generated or of a type that the log does not"
                                        .formatted(table.id(), name)
                                + " carry as a key",
                        "Use a key of numbers, texts, uuids, dates or timestamps"));
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

    private static Problem noSuchTable(Connection connection, TableId id) throws SQLException {
        List<String> kinds = strings(connection, """
                SELECT CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view'
                                      WHEN 'f' THEN 'foreign table' ELSE 'relation of another kind' END
                  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                 WHERE n.nspname = ? AND c.relname = ?""", id.schema(), id.name());
        List<String> similar = strings(
                connection,
                "SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                        + " WHERE c.relkind IN ('r', 'p') AND (lower(c.relname) = lower(?) OR n.nspname = ?)"
                        + " ORDER BY lower(c.relname) = lower(?) DESC, 1 LIMIT 8",
                id.name(),
                id.schema(),
                id.name());
        if (!kinds.isEmpty()) {
            return Problem.of(
                    "%s is a %s, not a table, and has no log".formatted(id, kinds.getFirst()),
                    "Map the tables that it reads, or a table that is filled from it");
        }
        return Problem.of(
                "there is no table " + id + (similar.isEmpty() ? "" : "; there are " + String.join(", ", similar)),
                "Name it as the database spells it, with its schema and without quotes");
    }

    /**
     * Makes sure that the publication exists and has the tables. A publication that Freshet created is extended; one that
     * somebody else owns is never altered.
     *
     * @throws SourceException with the SQL to run, if the publication lacks tables and may not be made or altered, or
     *     leaves changes out
     */
    public void ensurePublication(String name, Collection<TableId> tables) {
        run("preparing publication " + name, connection -> {
            Publication publication = Publication.read(connection, name, tables);
            Problem problem = publication.state(name, tables).problem();
            if (problem != null) {
                throw SourceException.permanent(problem);
            }
            publication.ensure(connection, name, tables);
        });
    }

    /** Looks at a publication. */
    public PublicationState publication(String name, Collection<TableId> tables) {
        return with(
                "reading publication " + name,
                connection -> Publication.read(connection, name, tables).state(name, tables));
    }

    /** Which transactions a reader sees now, as {@link TransactionSnapshot} reads it. */
    String currentSnapshot() {
        return with(
                "reading the current snapshot",
                connection -> strings(connection, "SELECT pg_current_snapshot()::text")
                        .getFirst());
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

    /** The prefix of the logical messages with which a transaction says what trace its changes belong to. */
    public static final String TRACE_PREFIX = "traceparent";

    /** Which log the server writes; empty where our role may not know. */
    public Optional<ServerLog> log() {
        return with("reading which log the server writes", connection -> {
            boolean may = strings(connection, "SELECT has_function_privilege('pg_control_system()', 'execute')")
                    .getFirst()
                    .equals("t");
            if (!may) {
                return Optional.empty();
            }
            String system = strings(connection, "SELECT system_identifier FROM pg_control_system()")
                    .getFirst();
            // That of the control file is the last checkpoint's, which comes some time after a promotion.
            String segment = strings(connection, "SELECT pg_walfile_name(pg_current_wal_lsn())")
                    .getFirst();
            return Optional.of(new ServerLog(system, Integer.parseInt(segment.substring(0, 8), 16)));
        });
    }

    /**
     * Where the server's log left a timeline on its way to a later one, as an LSN; empty where it never was on it.
     *
     * @see <a href="https://www.postgresql.org/docs/current/protocol-replication.html">TIMELINE_HISTORY</a>
     */
    public OptionalLong leftTimeline(int earlier, int now) {
        try (Connection sender = connect(replication());
                var statement = sender.createStatement();
                ResultSet history = statement.executeQuery("TIMELINE_HISTORY " + now)) {
            history.next();
            return new String(history.getBytes(2), StandardCharsets.UTF_8)
                    .lines()
                    .map(line -> line.strip().split("\\s+"))
                    .filter(parts -> parts[0].equals(Integer.toString(earlier)))
                    .mapToLong(parts -> LogSequenceNumber.valueOf(parts[1]).asLong())
                    .findFirst();
        } catch (SQLException e) {
            throw SourceException.transientFailure("the history of the log cannot be read: " + e.getMessage(), e);
        }
    }

    /** Drops a replication slot; the server removes the log that it kept for it. */
    public void dropSlot(String name) {
        run("dropping replication slot " + name, connection -> {
            try (PreparedStatement statement = connection.prepareStatement("SELECT pg_drop_replication_slot(?)")) {
                bind(statement, name);
                statement.execute();
            }
        });
    }

    /** Looks at a replication slot. */
    public Slot slot(String name) {
        return with("reading replication slot " + name, connection -> Slot.read(connection, name));
    }

    /** What keeps the rows of a table from being read, or its changes from being captured. */
    public List<Problem> accessProblems(Table table) {
        return with(
                "reading the privileges on " + table.id(),
                connection -> TableAccess.read(connection, table).problems());
    }

    /** The tables that people made: not the system's, an extension's, temporary ones or partitions. */
    public List<TableId> userTables() {
        return with("listing the tables", connection -> {
            var tables = new ArrayList<TableId>();
            try (var statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery("""
                            SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                             WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'
                               AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
                               AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
                                                  AND d.objid = c.oid AND d.deptype = 'e')
                             ORDER BY 1, 2""")) {
                while (rows.next()) {
                    tables.add(new TableId(rows.getString(1), rows.getString(2)));
                }
            }
            return tables;
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

    /** Cuts off a call that is under way: nobody waits for a server that does not answer. */
    @Override
    public void close() {
        closed = true;
        Connection open = connection;
        if (open != null) {
            try {
                open.abort(Runnable::run);
            } catch (SQLException e) {
                LOG.debug("aborting a connection", e);
            }
        }
    }
}
