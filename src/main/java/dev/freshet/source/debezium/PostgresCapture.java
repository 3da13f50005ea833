package dev.freshet.source.debezium;

import dev.freshet.change.TableId;
import dev.freshet.source.CapturedTables;
import dev.freshet.source.PostgresDatabase;
import dev.freshet.source.SourceException;
import dev.freshet.source.Table;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.postgresql.Driver;

/**
 * How PostgreSQL is captured, as Debezium is told.
 *
 * @param name of the source; part of the checkpoint's key
 * @param url JDBC URL; its parameters are passed on to the driver
 * @param user with the right to replicate
 * @param password of the user
 * @param slot the replication slot, created if missing
 * @param publication the publication, which must exist
 * @param initialSnapshot whether Debezium reads the tables before it streams
 * @param poll how often the log is looked at when nothing comes; the floor of the latency
 * @param heartbeat how often the checkpoint moves on while other tables change
 * @param queueBytes how many bytes of changes Debezium may hold
 * @param extra properties passed on as they are
 */
public record PostgresCapture(
        String name,
        String url,
        String user,
        String password,
        String slot,
        String publication,
        boolean initialSnapshot,
        Duration poll,
        Duration heartbeat,
        long queueBytes,
        Map<String, String> extra) {

    Properties engineProperties(CapturedTables tables, Path offsets) {
        var properties = new Properties();
        properties.putAll(extra);
        server(properties);
        engine(properties, offsets);
        tables(properties, tables);
        values(properties);
        return properties;
    }

    private void server(Properties properties) {
        Properties parsed = Driver.parseURL(url, null);
        if (parsed == null) {
            throw SourceException.permanent(
                    "'" + url + "' is not a PostgreSQL JDBC URL (jdbc:postgresql://host:port/db)");
        }
        properties.setProperty("connector.class", "io.debezium.connector.postgresql.PostgresConnector");
        properties.setProperty("database.hostname", parsed.getProperty("PGHOST", "localhost"));
        properties.setProperty("database.port", parsed.getProperty("PGPORT", "5432"));
        properties.setProperty("database.dbname", parsed.getProperty("PGDBNAME", user));
        properties.setProperty("database.user", user);
        properties.setProperty("database.password", password);
        for (String parameter : parsed.stringPropertyNames()) {
            if (!parameter.startsWith("PG") && !List.of("user", "password").contains(parameter)) {
                properties.setProperty("driver." + parameter, parsed.getProperty(parameter));
            }
        }
        // Debezium reads bytes in this form only, and numbers must be whole, whatever the database's defaults are.
        properties.setProperty(
                "driver.options",
                (parsed.getProperty("options", "") + " -c bytea_output=hex -c extra_float_digits=1").strip());
        properties.setProperty("plugin.name", "pgoutput");
        properties.setProperty("slot.name", slot);
        properties.setProperty("publication.name", publication);
        properties.setProperty("publication.autocreate.mode", "disabled");
        // A slot ahead of the checkpoint means that changes are lost: an error, never a silent start elsewhere.
        properties.setProperty("offset.mismatch.strategy", "trust_offset");
    }

    private void engine(Properties properties, Path offsets) {
        properties.setProperty("name", name);
        properties.setProperty("topic.prefix", name);
        properties.setProperty("offset.storage", DurableOffsetStore.class.getName());
        properties.setProperty("offset.storage.file.filename", offsets.toString());
        properties.setProperty("offset.flush.interval.ms", "0");
        properties.setProperty("snapshot.mode", initialSnapshot ? "initial" : "no_data");
        properties.setProperty("poll.interval.ms", Long.toString(poll.toMillis()));
        properties.setProperty("heartbeat.interval.ms", Long.toString(heartbeat.toMillis()));
        properties.setProperty("max.queue.size.in.bytes", Long.toString(queueBytes));
        properties.setProperty("record.processing.threads", "1");
        properties.setProperty("tombstones.on.delete", "false");
        properties.setProperty("skipped.operations", "none");
        properties.setProperty(
                "message.prefix.include.list", PostgresDatabase.BARRIER_PREFIX + "," + PostgresDatabase.TRACE_PREFIX);
    }

    private static void tables(Properties properties, CapturedTables tables) {
        List<TableId> ids = tables.ids().stream().sorted().toList();
        properties.setProperty(
                "table.include.list",
                ids.stream()
                        .map(id -> literal(id.schema()) + "\\." + literal(id.name()))
                        .collect(Collectors.joining(",")));
        properties.setProperty(
                "column.include.list",
                ids.stream()
                        .flatMap(id -> columns(tables, id).stream()
                                .map(column ->
                                        literal(id.schema()) + "\\." + literal(id.name()) + "\\." + literal(column)))
                        .collect(Collectors.joining(",")));
    }

    /** Those that are wanted and may come, also of the ones that the table does not have now, and the key's. */
    private static Collection<String> columns(CapturedTables tables, TableId id) {
        var names = new TreeSet<>(tables.wanted(id));
        Table table = tables.of(id);
        if (table != null) {
            table.columns().forEach(column -> {
                if (column.isDecoded()) {
                    names.add(column.name());
                } else {
                    names.remove(column.name());
                }
            });
        }
        return names;
    }

    /** The forms that {@link ColumnValues} reads. */
    private static void values(Properties properties) {
        properties.setProperty("decimal.handling.mode", "string");
        properties.setProperty("time.precision.mode", "microseconds");
        properties.setProperty("interval.handling.mode", "string");
        properties.setProperty("hstore.handling.mode", "json");
        properties.setProperty("binary.handling.mode", "bytes");
        properties.setProperty("unavailable.value.placeholder", EventDecoder.UNAVAILABLE);
    }

    /** A regular expression for exactly this name, also inside a comma-separated list. */
    private static String literal(String name) {
        return name.replaceAll("([^\\p{L}\\p{N}_])", "\\\\$1");
    }
}
