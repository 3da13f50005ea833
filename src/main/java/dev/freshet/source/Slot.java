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
 * @param confirmed up to where the consumer has confirmed, as an LSN; 0 where it never has
 * @param logEnd the end of the server's log, as an LSN
 */
public record Slot(
        boolean exists,
        boolean elsewhere,
        @Nullable String plugin,
        @Nullable String walStatus,
        @Nullable String holder,
        long retainedBytes,
        long lagBytes,
        long confirmed,
        long logEnd) {

    private static final String PLUGIN = "pgoutput";

    /** No slot. */
    static final Slot NONE = new Slot(false, false, null, null, null, 0, 0, 0, 0);

    static Slot read(Connection connection, String name) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("""
                SELECT s.database IS DISTINCT FROM current_database(), s.plugin, s.wal_status,
                       CASE WHEN s.active THEN concat('server process ', s.active_pid,
                            ', application ' || nullif(a.application_name, ''), ', from ' || host(a.client_addr)) END,
                       coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), s.restart_lsn), 0)::bigint,
                       coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), s.confirmed_flush_lsn), 0)::bigint,
                       coalesce(s.confirmed_flush_lsn - '0/0'::pg_lsn, 0)::bigint,
                       (pg_current_wal_lsn() - '0/0'::pg_lsn)::bigint
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
                                rows.getLong(6),
                                rows.getLong(7),
                                rows.getLong(8))
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

    /** What keeps a Freshet from reading by it. */
    public Optional<Problem> problem(String name) {
        if (!exists) {
            return Optional.empty();
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
        return active()
                ? Optional.of(Problem.of(
                        "replication slot " + name + " is held by another process (" + holder + ")",
                        "Stop that one, or give this Freshet a slot of its own (key source.slot)"))
                : Optional.empty();
    }

    /**
     * Why the log does not go on where a checkpoint is, so that changes between the two are not to be had.
     *
     * @param checkpoint the furthest place that the checkpoint names, as an LSN
     */
    public Optional<String> gap(String name, long checkpoint) {
        if (!exists) {
            return Optional.of("replication slot " + name + " is gone");
        }
        if (lost()) {
            return Optional.of("the server has removed log that replication slot " + name
                    + " still needed (max_slot_wal_keep_size)");
        }
        if (Long.compareUnsigned(confirmed, checkpoint) > 0) {
            return Optional.of(
                    "replication slot %s is at %s, ahead of the checkpoint at %s: it was created anew, or somebody else reads it"
                            .formatted(name, lsn(confirmed), lsn(checkpoint)));
        }
        if (Long.compareUnsigned(logEnd, checkpoint) < 0) {
            return Optional.of(
                    "the server's log ends at %s, before the checkpoint at %s: it was restored, or is another server"
                            .formatted(lsn(logEnd), lsn(checkpoint)));
        }
        return Optional.empty();
    }

    static String lsn(long position) {
        return "%X/%X".formatted(position >>> 32, position & 0xFFFF_FFFFL);
    }

    private static String drop(String name) {
        return "SELECT pg_drop_replication_slot('" + name + "');";
    }
}
