package dev.freshet.source;

import static dev.freshet.source.PostgresDatabase.quoted;

import dev.freshet.diagnosis.Problem;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * Whether a table's rows can be read and its changes captured with the key.
 *
 * @param user our role
 * @param mayEnter whether it may use the schema
 * @param mayRead whether it may read the columns
 * @param hidesRows whether row security leaves rows out of what it reads
 * @param unlogged the table, or those of its partitions, that are not in the log
 * @param withoutIdentity those whose replica identity is NOTHING
 * @param otherIdentity those whose replica identity is another index than the primary key's
 */
record TableAccess(
        Table table,
        String user,
        boolean mayEnter,
        boolean mayRead,
        boolean hidesRows,
        List<String> unlogged,
        List<String> withoutIdentity,
        List<String> otherIdentity) {

    static TableAccess read(Connection connection, Table table) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("""
                WITH root AS (
                    SELECT c.oid, c.relnamespace FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                     WHERE n.nspname = ? AND c.relname = ?),
                parts AS (
                    SELECT oid FROM root
                    UNION SELECT p.relid FROM root CROSS JOIN LATERAL pg_partition_tree(root.oid) p),
                stored AS (
                    SELECT c.oid, format('%I.%I', n.nspname, c.relname) AS name, c.relpersistence, c.relreplident,
                           EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisreplident AND i.indisprimary) AS by_key
                      FROM parts JOIN pg_class c ON c.oid = parts.oid JOIN pg_namespace n ON n.oid = c.relnamespace
                     WHERE c.relkind = 'r')
                SELECT current_user, has_schema_privilege(root.relnamespace, 'USAGE'),
                       has_table_privilege(root.oid, 'SELECT') OR (
                           SELECT bool_and(has_column_privilege(root.oid, name, 'SELECT')) FROM unnest(?) AS name),
                       row_security_active(root.oid),
                       ARRAY(SELECT name FROM stored WHERE relpersistence = 'u'),
                       ARRAY(SELECT name FROM stored WHERE relreplident = 'n'),
                       ARRAY(SELECT name FROM stored WHERE relreplident = 'i' AND NOT by_key)
                  FROM root""")) {
            statement.setString(1, table.id().schema());
            statement.setString(2, table.id().name());
            statement.setArray(
                    3,
                    connection.createArrayOf(
                            "text", table.columns().stream().map(Column::name).toArray()));
            try (ResultSet row = statement.executeQuery()) {
                if (!row.next()) {
                    throw SourceException.transientFailure("table " + table.id() + " has just gone", null);
                }
                return new TableAccess(
                        table,
                        row.getString(1),
                        row.getBoolean(2),
                        row.getBoolean(3),
                        row.getBoolean(4),
                        Server.texts(row.getArray(5)),
                        Server.texts(row.getArray(6)),
                        Server.texts(row.getArray(7)));
            }
        }
    }

    List<Problem> problems() {
        var problems = new ArrayList<Problem>();
        var grants = new ArrayList<String>();
        if (!mayEnter) {
            grants.add("GRANT USAGE ON SCHEMA %s TO %s;"
                    .formatted(quoted(table.id().schema()), quoted(user)));
        }
        if (!mayRead) {
            grants.add("GRANT SELECT ON %s TO %s;".formatted(quoted(table.id()), quoted(user)));
        }
        if (!grants.isEmpty()) {
            problems.add(new Problem(
                    "user " + user + " may not read table " + table.id(), "Run as the table's owner", grants));
        }
        if (hidesRows) {
            problems.add(Problem.of(
                    "row security hides rows of table " + table.id() + " from user " + user
                            + ", while the log carries all of them",
                    "Run as a superuser",
                    "ALTER ROLE " + quoted(user) + " BYPASSRLS;"));
        }
        if (!unlogged.isEmpty()) {
            problems.add(alter(unlogged, " is unlogged, so that its changes are not in the log", "SET LOGGED"));
        }
        if (!withoutIdentity.isEmpty()) {
            problems.add(alter(
                    withoutIdentity,
                    " has REPLICA IDENTITY NOTHING: once it is published, the server refuses its updates and deletes",
                    "REPLICA IDENTITY DEFAULT"));
        }
        if (!otherIdentity.isEmpty()) {
            problems.add(alter(
                    otherIdentity,
                    " has an index as its REPLICA IDENTITY that is not its primary key, so that the log does not say which"
                            + " row was deleted",
                    "REPLICA IDENTITY DEFAULT"));
        }
        return problems;
    }

    private Problem alter(List<String> tables, String what, String change) {
        return new Problem(
                "table " + String.join(", ", tables) + what,
                "Run as the table's owner",
                tables.stream()
                        .map(each -> "ALTER TABLE " + each + " " + change + ";")
                        .toList());
    }
}
