package dev.freshet.config;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Which of Debezium's properties Freshet sets itself, since what it promises hangs on them. An entry holds for the
 * property and for all that begin with it and a dot.
 */
final class ReservedProperties {

    private static final String PROMISE = "Freshet's promises depend on its own value";

    private static final Map<String, String> REASONS = new TreeMap<>(Map.ofEntries(
            Map.entry("name", PROMISE),
            Map.entry("connector.class", "use source.type"),
            Map.entry("tasks.max", PROMISE),
            Map.entry("topic.prefix", PROMISE),
            Map.entry("topic.naming.strategy", PROMISE),
            Map.entry("topic.heartbeat.prefix", PROMISE),
            Map.entry("plugin.name", PROMISE),
            Map.entry("database.hostname", "use source.url"),
            Map.entry("database.port", "use source.url"),
            Map.entry("database.dbname", "use source.url"),
            Map.entry("database.sslmode", "use source.url"),
            Map.entry("database.user", "use source.user"),
            Map.entry("database.password", "use source.password"),
            Map.entry("driver", "use source.url"),
            Map.entry("slot.name", "use source.slot"),
            Map.entry("slot.drop.on.stop", PROMISE),
            Map.entry("publication.name", "use source.publication"),
            Map.entry("publication.autocreate.mode", PROMISE),
            Map.entry("table.include.list", "the mappings name the tables"),
            Map.entry("table.exclude.list", "the mappings name the tables"),
            Map.entry("schema.include.list", "the mappings name the tables"),
            Map.entry("schema.exclude.list", "the mappings name the tables"),
            Map.entry("column.include.list", "the mappings name the columns"),
            Map.entry("column.exclude.list", "the mappings name the columns"),
            Map.entry("snapshot.mode", "use source.backfill"),
            Map.entry("snapshot.include.collection.list", "the mappings name the tables"),
            Map.entry("snapshot.select.statement.overrides", PROMISE),
            Map.entry("snapshot.query.mode", PROMISE),
            Map.entry("snapshot.isolation.mode", PROMISE),
            Map.entry("incremental.snapshot.chunk.size", "use source.backfillChunk"),
            Map.entry("incremental.snapshot", PROMISE),
            Map.entry("read.only", PROMISE),
            Map.entry("signal", PROMISE),
            Map.entry("notification", PROMISE),
            Map.entry("poll.interval.ms", "use source.poll"),
            Map.entry("heartbeat.interval.ms", "use source.heartbeat"),
            Map.entry("offset", PROMISE),
            Map.entry("lsn.flush.mode", PROMISE),
            Map.entry("flush.lsn.source", PROMISE),
            Map.entry("max.batch.size", PROMISE),
            Map.entry("max.queue.size", PROMISE),
            Map.entry("max.queue.size.in.bytes", PROMISE),
            Map.entry("skipped.operations", PROMISE),
            Map.entry("tombstones.on.delete", PROMISE),
            Map.entry("provide.transaction.metadata", PROMISE),
            Map.entry("include.unknown.datatypes", PROMISE),
            Map.entry("unavailable.value.placeholder", PROMISE),
            Map.entry("decimal.handling.mode", PROMISE),
            Map.entry("time.precision.mode", PROMISE),
            Map.entry("binary.handling.mode", PROMISE),
            Map.entry("hstore.handling.mode", PROMISE),
            Map.entry("interval.handling.mode", PROMISE),
            Map.entry("field.name.adjustment.mode", PROMISE),
            Map.entry("schema.name.adjustment.mode", PROMISE),
            Map.entry("message.key.columns", PROMISE),
            Map.entry("message.prefix", PROMISE),
            Map.entry("event.processing.failure.handling.mode", PROMISE),
            Map.entry("converters", PROMISE),
            Map.entry("key.converter", PROMISE),
            Map.entry("value.converter", PROMISE),
            Map.entry("header.converter", PROMISE),
            Map.entry("transforms", PROMISE),
            Map.entry("predicates", PROMISE),
            Map.entry("post.processors", PROMISE),
            Map.entry("record.processing", PROMISE)));

    private ReservedProperties() {}

    /** Why a property cannot be given, and what to use instead; empty if it can be. */
    static Optional<String> reason(String property) {
        for (String name = property; !name.isEmpty(); name = name.substring(0, Math.max(0, name.lastIndexOf('.')))) {
            String reason = REASONS.get(name);
            if (reason != null) {
                return Optional.of(reason);
            }
        }
        return Optional.empty();
    }
}
