package dev.freshet.config;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Map;

/**
 * The database whose changes are captured.
 *
 * @param url {@code jdbc:postgresql://host:port/database?parameters}, without user and password
 * @param slot the replication slot
 * @param publication the publication that the slot reads
 * @param backfillChunk rows per window of an incremental backfill
 * @param poll how long to wait for changes before looking again
 * @param heartbeat how often the position is confirmed when the captured tables are idle
 * @param slotWarning how much log the server may keep for the slot before there is a warning
 * @param properties passed to Debezium as they are; none that Freshet sets itself
 */
public record SourceConfig(
        @Key(value = "The kind of database.", byDefault = "postgresql")
        SourceType type,

        @Key(
                value = "Where the database is, as for JDBC.",
                pattern = "jdbc:postgresql://[^/?@,\\s]+/[^/?@\\s]+(\\?(?!(.*&)?(?i:user|\\w*password)=).*)?",
                form = """
                        jdbc:postgresql://host:port/database?parameters, with one host; user and password have \
                        keys of their own""",
                masked = true)
        String url,

        @Key("The database role; needs REPLICATION and SELECT on the mapped tables.")
        String user,

        @Key("The role's password.") Secret password,

        @Key(
                value = "The replication slot; made when it is not there. No two Freshets may share one.",
                byDefault = "freshet",
                pattern = "[a-z0-9_]{1,63}",
                form = "1 to 63 lower-case letters, digits and _")
        String slot,

        @Key(
                value = "The publication the slot reads; made when it is not there.",
                byDefault = "freshet",
                pattern = "[a-z0-9_]{1,63}",
                form = "1 to 63 lower-case letters, digits and _")
        String publication,

        @Key(byDefault = "incremental", value = """
                        How rows that were there before get into the index: `incremental` between live changes, \
                        resuming after a crash; `initial` in one snapshot before the first live change; `none` \
                        not at all.""") Backfill backfill,

        @Key(value = "Rows per window of an incremental backfill.", byDefault = "2048", min = "1", max = "100000")
        int backfillChunk,

        @Key(byDefault = "20ms", min = "1ms", max = "1m", value = """
                        How long capture sleeps when there is nothing new. It is the floor of the latency; 1ms \
                        costs half a core.""")
        Duration poll,

        @Key(byDefault = "10s", min = "100ms", max = "1h", value = """
                        How often the position is confirmed while the mapped tables are idle, so that traffic in \
                        other tables does not make the server keep its log.""")
        Duration heartbeat,

        @Key(byDefault = "1GiB", min = "1MiB", value = """
                        How much log the server may keep for the slot before Freshet warns in its log, in \
                        `freshet status` and in `/readyz`. Choose well less than the server's \
                        `max_slot_wal_keep_size`.""") ByteSize slotWarning,

        @Key("""
                        Debezium connector properties, passed on as they are; only for what has no key here. \
                        Those that Freshet sets itself are refused.""") Map<String, String> properties) {

    public SourceConfig {
        requireNonNull(type);
        requireNonNull(url);
        requireNonNull(user);
        requireNonNull(password);
        requireNonNull(slot);
        requireNonNull(publication);
        requireNonNull(backfill);
        requireNonNull(poll);
        requireNonNull(heartbeat);
        requireNonNull(slotWarning);
        properties = Map.copyOf(properties);
    }

    /** Whether Freshet sets a property of Debezium itself, so that {@link #properties} may not have it. */
    public static boolean reserves(String property) {
        return ReservedProperties.reason(property).isPresent();
    }

    /** Without the password and without the values of the properties, which may be secrets too. */
    @Override
    public String toString() {
        return "SourceConfig[type=" + type + ", url=" + url + ", user=" + user + ", password=" + password + ", slot="
                + slot
                + ", publication=" + publication + ", backfill=" + backfill + ", backfillChunk=" + backfillChunk
                + ", poll=" + poll + ", heartbeat=" + heartbeat + ", slotWarning=" + slotWarning
                + ", properties=" + properties.keySet() + "]";
    }
}
