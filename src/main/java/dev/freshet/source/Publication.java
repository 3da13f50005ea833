package dev.freshet.source;

import dev.freshet.change.TableId;
import dev.freshet.diagnosis.Problem;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * A publication as the server has it, and whether our role could make or extend it.
 *
 * @param exists whether there is one of this name
 * @param ours whether Freshet made it, so that it may be extended
 * @param complete whether it publishes every kind of change, under the name of the partitioned table
 * @param published its tables
 * @param filtered those of its tables of which it leaves rows or columns out
 * @param mayCreate whether our role may make publications in this database
 * @param owned the tables that were asked about and belong to our role
 * @param user our role
 */
record Publication(
        boolean exists,
        boolean ours,
        boolean complete,
        Set<String> published,
        List<String> filtered,
        boolean mayCreate,
        Set<String> owned,
        String user) {

    private static final String OWNER_COMMENT = "managed by freshet";
    private static final String COMPLETE =
            "publish = 'insert, update, delete, truncate', publish_via_partition_root = true";

    static Publication read(Connection connection, String name, Collection<TableId> tables) throws SQLException {
        boolean exists;
        boolean ours;
        boolean complete;
        boolean mayCreate;
        String user;
        try (PreparedStatement statement = connection.prepareStatement("""
                SELECT p.oid IS NOT NULL, coalesce(obj_description(p.oid, 'pg_publication') = ?, false),
                       coalesce(p.pubinsert AND p.pubupdate AND p.pubdelete AND p.pubtruncate AND p.pubviaroot, false),
                       has_database_privilege(current_database(), 'CREATE'), current_user
                  FROM (VALUES (?)) AS wanted (name) LEFT JOIN pg_publication p ON p.pubname = wanted.name""")) {
            statement.setString(1, OWNER_COMMENT);
            statement.setString(2, name);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                exists = row.getBoolean(1);
                ours = row.getBoolean(2);
                complete = row.getBoolean(3);
                mayCreate = row.getBoolean(4);
                user = row.getString(5);
            }
        }
        var published = new HashSet<String>();
        var filtered = new ArrayList<String>();
        // As JSON, since row filters and column lists are there only from PostgreSQL 15 on.
        try (PreparedStatement statement = connection.prepareStatement("""
                SELECT t.schemaname || '.' || t.tablename,
                       to_jsonb(t) ->> 'rowfilter' IS NOT NULL
                         OR jsonb_array_length(to_jsonb(t) -> 'attnames')
                              < (SELECT count(*) FROM pg_attribute a
                                  WHERE a.attrelid = format('%I.%I', t.schemaname, t.tablename)::regclass
                                    AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '')
                  FROM pg_publication_tables t WHERE t.pubname = ?""")) {
            statement.setString(1, name);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    published.add(rows.getString(1));
                    if (rows.getBoolean(2)) {
                        filtered.add(rows.getString(1));
                    }
                }
            }
        }
        return new Publication(exists, ours, complete, published, filtered, mayCreate, owned(connection, tables), user);
    }

    private static Set<String> owned(Connection connection, Collection<TableId> tables) throws SQLException {
        var owned = new HashSet<String>();
        try (PreparedStatement statement = connection.prepareStatement("""
                SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                 WHERE n.nspname || '.' || c.relname = ANY (?) AND pg_has_role(c.relowner, 'USAGE')""")) {
            statement.setArray(
                    1,
                    connection.createArrayOf(
                            "text", tables.stream().map(TableId::toString).toArray()));
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    owned.add(rows.getString(1));
                }
            }
        }
        return owned;
    }

    /** What it is and what is wrong with it, for a Freshet that captures these tables. */
    PublicationState state(String name, Collection<TableId> tables) {
        Optional<Problem> problem = problem(name, tables);
        if (problem.isPresent()) {
            return new PublicationState("", problem.get(), null);
        }
        int missing = missing(tables).size();
        String found = !exists
                ? "not there yet; the start makes it"
                : missing > 0
                        ? "made by Freshet; the start adds " + missing + " tables"
                        : "publishes every change of the " + tables.size() + " mapped tables";
        var left = new TreeSet<>(filtered);
        left.retainAll(tables.stream().map(TableId::toString).toList());
        return new PublicationState(
                found,
                null,
                left.isEmpty()
                        ? null
                        : Problem.of(
                                "publication %s leaves rows or columns out of %s: what a backfill reads and what the log"
                                                .formatted(name, String.join(", ", left))
                                        + " carries will differ",
                                "Publish the whole table, and decide in the mapping (when:, metadata:) what is indexed"));
    }

    private Optional<Problem> problem(String name, Collection<TableId> tables) {
        String quoted = PostgresDatabase.quoted(name);
        if (!exists) {
            String hindrance = hindrance(tables);
            return hindrance.isEmpty()
                    ? Optional.empty()
                    : Optional.of(Problem.of(
                            "publication " + name + " does not exist, and user " + user + " may not make it: "
                                    + hindrance,
                            "Run as the owner of the tables or a superuser",
                            creation(name, tables) + ";"));
        }
        if (!complete) {
            return Optional.of(Problem.of(
                    "publication " + name + " leaves changes out",
                    "Run",
                    "ALTER PUBLICATION " + quoted + " SET (" + COMPLETE + ");"));
        }
        Set<TableId> missing = missing(tables);
        String alter = "ALTER PUBLICATION " + quoted + " ADD TABLE " + quoted(missing);
        if (!missing.isEmpty() && !ours) {
            return Optional.of(Problem.of(
                    "publication %s was not made by Freshet and lacks %s".formatted(name, listed(missing)),
                    "Run",
                    alter + ";"));
        }
        String hindrance = hindrance(missing);
        return missing.isEmpty() || hindrance.isEmpty()
                ? Optional.empty()
                : Optional.of(Problem.of(
                        "publication %s lacks %s, and user %s may not add them: %s"
                                .formatted(name, listed(missing), user, hindrance),
                        "Run as the owner of the tables or a superuser",
                        alter + ";"));
    }

    private String hindrance(Collection<TableId> tables) {
        var foreign = new TreeSet<>(tables);
        foreign.removeIf(table -> owned.contains(table.toString()));
        if (!foreign.isEmpty()) {
            return "it does not own " + listed(foreign);
        }
        return exists || mayCreate ? "" : "it may create nothing in this database";
    }

    Set<TableId> missing(Collection<TableId> tables) {
        var missing = new TreeSet<>(tables);
        missing.removeIf(table -> published.contains(table.toString()));
        return missing;
    }

    /** Makes it, or adds the tables that it lacks; to be called when there is no problem. */
    void ensure(Connection connection, String name, Collection<TableId> tables) throws SQLException {
        try (var statement = connection.createStatement()) {
            if (!exists) {
                statement.execute(creation(name, tables));
                statement.execute(
                        "COMMENT ON PUBLICATION %s IS '%s'".formatted(PostgresDatabase.quoted(name), OWNER_COMMENT));
            } else if (!missing(tables).isEmpty()) {
                statement.execute("ALTER PUBLICATION %s ADD TABLE %s"
                        .formatted(PostgresDatabase.quoted(name), quoted(missing(tables))));
            }
        }
    }

    private static String creation(String name, Collection<TableId> tables) {
        return "CREATE PUBLICATION %s FOR TABLE %s WITH (publish_via_partition_root = true)"
                .formatted(PostgresDatabase.quoted(name), quoted(tables));
    }

    private static String quoted(Collection<TableId> tables) {
        return tables.stream().map(PostgresDatabase::quoted).collect(Collectors.joining(", "));
    }

    private static String listed(Collection<TableId> tables) {
        return tables.stream().map(TableId::toString).collect(Collectors.joining(", "));
    }
}
