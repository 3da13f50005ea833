package dev.freshet.source;

import dev.freshet.diagnosis.Problem;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A replication slot as the server sees it.
 *
 * @param exists whether there is such a slot
 * @param elsewhere whether it belongs to another database of the server
 * @param plugin what writes its messages, null for a physical slot
 * @param walStatus {@code reserved}, {@code extended}, {@code unreserved} (the log it needs may go at any time) or
 *     {@code lost}
 * @param holder who holds it, as far as our role may see; null when nobody does
 * @param retainedBytes how much log the server keeps for it
 * @param lagBytes how much log lies between what was confirmed and the end of the log
 */
public record Slot(
        boolean exists,
        boolean elsewhere,
        @Nullable String plugin,
        @Nullable String walStatus,
        @Nullable String holder,
        long retainedBytes,
        long lagBytes) {

    private static final String PLUGIN = "pgoutput";

    /** No slot. */
    static final Slot NONE = new Slot(false, false, null, null, null, 0, 0);

    static Slot read(Connection connection, String name) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("""
                SELECT s.database IS DISTINCT FROM current_database(), s.plugin, s.wal_status,
                       CASE WHEN s.active THEN concat('server process ', s.active_pid,
                            ', application ' || nullif(a.application_name, ''), ', from ' || host(a.client_addr)) END,
                       coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), s.restart_lsn), 0)::bigint,
                       coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), s.confirmed_flush_lsn), 0)::bigint
                  FROM pg_replication_slots s LEFT JOIN pg_stat_activity a ON a.pid = s.active_pid
                 WHERE s.slot_name = ?""")) {
            statement.setString(1, name);
            try (ResultSet rows = statement.executeQuery()) {
                return rows.next()
                        ? new Slot(
                                true,
                                rows.getBoolean(1),
                                rows.getString(2),
                                rows.getString(3),
                                rows.getString(4),
                                rows.getLong(5),
                                rows.getLong(6))
                        : NONE;
            }
        }
    }

    /** Whether a consumer holds it. */
    public boolean active() {
        return holder != null;
    }

    /** Whether the server has removed log that it needs. */
    public boolean lost() {
        return "lost".equals(walStatus);
    }

    /** Whether the log it needs may be removed at any time. */
    public boolean endangered() {
        return "unreserved".equals(walStatus);
    }

    /**
     * What keeps a Freshet from reading by it.
     *
     * @param name the slot's
     * @param checkpoint whether that Freshet was here before
     */
    public Optional<Problem> problem(String name, boolean checkpoint) {
        if (!exists) {
            return checkpoint
                    ? Optional.of(Problem.of(
                            "replication slot " + name + " is gone, and with it the changes since the last checkpoint:"
                                    + " the index cannot be brought up to date from the log",
                            "Remove the state folder (key state) to build everything anew"))
                    : Optional.empty();
        }
        if (!PLUGIN.equals(plugin)) {
            return Optional.of(Problem.of(
                    "replication slot %s is %s, and Freshet reads a logical one of the plugin %s"
                            .formatted(name, plugin == null ? "a physical one" : "one of the plugin " + plugin, PLUGIN),
                    "Give this Freshet a slot of its own (key source.slot), or drop that one if nobody needs it",
                    drop(name)));
        }
        if (elsewhere) {
            return Optional.of(Problem.of(
                    "replication slot " + name
                            + " belongs to another database of this server (slots are named server-wide)",
                    "Give this Freshet a slot of its own (key source.slot)"));
        }
        if (lost()) {
            return Optional.of(Problem.of(
                    "the server has removed log that replication slot " + name
                            + " still needed (max_slot_wal_keep_size): changes since the last checkpoint are lost",
                    "Remove the state folder to build everything anew, and drop the slot",
                    drop(name)));
        }
        return active()
                ? Optional.of(Problem.of(
                        "replication slot " + name + " is held by another process (" + holder + ")",
                        "Stop that one, or give this Freshet a slot of its own (key source.slot)"))
                : Optional.empty();
    }

    private static String drop(String name) {
        return "SELECT pg_drop_replication_slot('" + name + "');";
    }
}
