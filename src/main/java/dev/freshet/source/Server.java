package dev.freshet.source;

import dev.freshet.diagnosis.Problem;
import java.sql.Array;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The server and what our role may do there, as far as capture depends on it.
 *
 * @param version as a number, 170011 for 17.11
 * @param release as people call it
 * @param replica whether it follows another server and cannot be written to
 * @param mayReplicate whether the role has REPLICATION, or what stands for it on a managed service
 * @param replicationRole the role whose membership stands for REPLICATION on this managed service, if there is one
 * @param slots how many replication slots there may be, and are
 * @param senders how many replication connections there may be, and are
 * @param keepMegabytes the most log that the server keeps for a slot; -1 for all
 * @param unreadableTypes types that Debezium fails at
 * @param clock what the server's clock said
 * @param ahead how far the server's clock is before ours; negative when it is behind
 * @param roundTrip how long the question took
 */
public record Server(
        int version,
        String release,
        String user,
        String database,
        String walLevel,
        boolean replica,
        boolean mayReplicate,
        @Nullable String replicationRole,
        Usage slots,
        Usage senders,
        long keepMegabytes,
        List<String> unreadableTypes,
        Instant clock,
        Duration ahead,
        Duration roundTrip) {

    private static final int OLDEST = 14;

    /** Places of a kind on the server. */
    public record Usage(int most, int used) {
        boolean isFull() {
            return used >= most;
        }
    }

    public Server {
        unreadableTypes = List.copyOf(unreadableTypes);
    }

    static Server read(Connection connection) throws SQLException {
        try (var statement = connection.createStatement()) {
            Instant before = Instant.now();
            long start = System.nanoTime();
            Instant clock;
            try (ResultSet row = statement.executeQuery("SELECT extract(epoch FROM clock_timestamp()) * 1000")) {
                row.next();
                clock = Instant.ofEpochMilli(row.getLong(1));
            }
            Duration roundTrip = Duration.ofNanos(System.nanoTime() - start);
            try (ResultSet row = statement.executeQuery("""
                    SELECT current_setting('server_version_num')::int, current_setting('server_version'),
                           current_user, current_database(), current_setting('wal_level'), pg_is_in_recovery(),
                           (SELECT rolreplication OR rolsuper FROM pg_roles WHERE rolname = current_user)
                             OR EXISTS (SELECT FROM pg_roles
                                         WHERE rolname = 'rds_replication' AND pg_has_role(current_user, oid, 'member')),
                           (SELECT rolname FROM pg_roles WHERE rolname = 'rds_replication'),
                           current_setting('max_replication_slots')::int, (SELECT count(*) FROM pg_replication_slots),
                           current_setting('max_wal_senders')::int, (SELECT count(*) FROM pg_stat_replication),
                           coalesce((SELECT setting::bigint FROM pg_settings WHERE name = 'max_slot_wal_keep_size'), -1),
                           ARRAY(SELECT n.nspname || '.' || t.typname
                                   FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
                                  WHERE t.typcategory = 'E'
                                    AND NOT EXISTS (SELECT FROM pg_enum e WHERE e.enumtypid = t.oid)
                                  ORDER BY 1)""")) {
                row.next();
                return new Server(
                        row.getInt(1),
                        row.getString(2),
                        row.getString(3),
                        row.getString(4),
                        row.getString(5),
                        row.getBoolean(6),
                        row.getBoolean(7),
                        row.getString(8),
                        new Usage(row.getInt(9), row.getInt(10)),
                        new Usage(row.getInt(11), row.getInt(12)),
                        row.getLong(13),
                        texts(row.getArray(14)),
                        clock,
                        Duration.between(before.plus(roundTrip.dividedBy(2)), clock),
                        roundTrip);
            }
        }
    }

    static List<String> texts(Array array) throws SQLException {
        return List.of((String[]) array.getArray());
    }

    /** What keeps the server from being captured at all; empty when all is well. */
    public List<Problem> problems() {
        var problems = new ArrayList<Problem>();
        problems.addAll(versionProblems());
        problems.addAll(primaryProblems());
        problems.addAll(walLevelProblems());
        problems.addAll(privilegeProblems());
        problems.addAll(typeProblems());
        return problems;
    }

    /** Whether it is too old. */
    public List<Problem> versionProblems() {
        return version >= OLDEST * 10_000
                ? List.of()
                : List.of(Problem.of(
                        "the server is PostgreSQL " + release + "; Freshet needs " + OLDEST + " or later",
                        "Upgrade the server, or name another one in source.url"));
    }

    /** Whether it is a read replica. */
    public List<Problem> primaryProblems() {
        return replica
                ? List.of(Problem.of(
                        "the server is a read replica, where Freshet can make no publication and write no marks into the log",
                        "Name the primary in source.url"))
                : List.of();
    }

    /** Whether its log carries rows. */
    public List<Problem> walLevelProblems() {
        return walLevel.equals("logical")
                ? List.of()
                : List.of(Problem.of(
                        "wal_level is '" + walLevel + "', and the log carries rows only when it is 'logical'",
                        "Run this as a superuser and restart the server (on a managed service set its parameter, see"
                                + " docs/postgresql.md)",
                        "ALTER SYSTEM SET wal_level = 'logical';"));
    }

    /** Whether our role may read the log. */
    public List<Problem> privilegeProblems() {
        if (mayReplicate) {
            return List.of();
        }
        String role = PostgresDatabase.quoted(user);
        return List.of(
                replicationRole != null
                        ? Problem.of(
                                "user " + user + " may not replicate",
                                "Run as the administrator",
                                "GRANT " + PostgresDatabase.quoted(replicationRole) + " TO " + role + ";")
                        : Problem.of(
                                "user " + user + " may not replicate",
                                "Run as a superuser",
                                "ALTER ROLE " + role + " REPLICATION;"));
    }

    /** Debezium reads all types of the database at its start, and fails at an enum without labels of its own. */
    public List<Problem> typeProblems() {
        return unreadableTypes.stream()
                .map(type -> Problem.of(
                        "type " + type
                                + " is a domain over an enum, or an enum without labels, which Debezium cannot read,"
                                + " even if no table uses it",
                        "Use the enum itself in its place (ALTER TABLE … ALTER COLUMN … TYPE …), and run",
                        "DROP DOMAIN " + type + ";"))
                .toList();
    }

    /** Whether there is room for one more slot; to be asked when ours is not there yet. */
    public List<Problem> slotProblems() {
        return slots.isFull() ? List.of(full("replication slots", "max_replication_slots", slots, """
                        SELECT slot_name, database, active FROM pg_replication_slots;""")) : List.of();
    }

    /** Whether there is room for one more replication connection; to be asked when ours is not there yet. */
    public List<Problem> senderProblems() {
        return senders.isFull() ? List.of(full("replication connections", "max_wal_senders", senders, """
                        SELECT pid, application_name, client_addr, state FROM pg_stat_replication;""")) : List.of();
    }

    private static Problem full(String what, String setting, Usage usage, String look) {
        return Problem.of(
                "all %d %s are in use, and Freshet needs one".formatted(usage.most(), what),
                "Free one that nobody needs, or allow more and restart the server",
                look,
                "ALTER SYSTEM SET %s = %d;".formatted(setting, usage.most() + 5));
    }
}
