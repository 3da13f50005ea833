package dev.freshet.reindex;

import dev.freshet.change.RowKey;
import dev.freshet.change.TableId;
import dev.freshet.index.IndexException;
import dev.freshet.index.VectorIndex;
import dev.freshet.pipeline.Target;
import dev.freshet.reindex.Replay.Outcome;
import dev.freshet.source.PostgresDatabase;
import dev.freshet.source.RowReader;
import dev.freshet.source.SourceException;
import dev.freshet.source.Table;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes the documents whose rows are gone without the log having told of it: a reading of the table finds the rows
 * there are, and says nothing of those that are not.
 */
public final class Sweep {

    private static final Logger LOG = LoggerFactory.getLogger(Sweep.class);

    private static final int KEYS_AT_ONCE = 500;
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final Map<TableId, List<Target>> targets;
    private final VectorIndex index;
    private final RowReader rows;
    private final Replay replay;

    /**
     * A sweep of these tables.
     *
     * @param replay removes what is gone, by the way that all changes take
     */
    public Sweep(Map<TableId, List<Target>> targets, VectorIndex index, PostgresDatabase database, Replay replay) {
        this.targets = Map.copyOf(targets);
        this.index = index;
        this.rows = new RowReader(database);
        this.replay = replay;
    }

    /**
     * Looks at every document of a table, and has those without a row removed.
     *
     * @return how many rows are gone that had documents
     * @throws SourceException if the database or the index does not answer; to be tried again from the start
     */
    public long sweep(Table table, BooleanSupplier stopping) throws InterruptedException {
        Set<RowKey> gone = gone(table, stopping);
        long removed = 0;
        var left = new ArrayList<>(gone);
        while (!left.isEmpty() && !stopping.getAsBoolean()) {
            List<RowKey> some = List.copyOf(left.subList(0, Math.min(KEYS_AT_ONCE, left.size())));
            Map<RowKey, Outcome> outcomes = replay.replay(table, some, PATIENCE);
            if (outcomes.containsValue(Outcome.NOT_READ) || outcomes.containsValue(Outcome.WAITING)) {
                LOG.debug("the log does not move, sweeping again table={}", table.id());
                continue;
            }
            removed += outcomes.values().stream().filter(Outcome.GONE::equals).count();
            left.subList(0, some.size()).clear();
        }
        return removed;
    }

    private Set<RowKey> gone(Table table, BooleanSupplier stopping) {
        var gone = new LinkedHashSet<RowKey>();
        Set<String> collections = targets.getOrDefault(table.id(), List.of()).stream()
                .map(Target::collection)
                .collect(Collectors.toSet());
        for (String collection : collections) {
            var some = new LinkedHashSet<RowKey>();
            try {
                index.scan(collection, stored -> {
                    if (stored.head().table().equals(table.id()) && !stopping.getAsBoolean()) {
                        some.add(table.key(stored.head().row()));
                        if (some.size() == KEYS_AT_ONCE) {
                            gone.addAll(withoutRow(table, some));
                            some.clear();
                        }
                    }
                });
            } catch (IndexException e) {
                throw SourceException.transientFailure(
                        "the documents of collection %s cannot be looked at: %s".formatted(collection, e.getMessage()),
                        e);
            }
            gone.addAll(withoutRow(table, some));
        }
        return gone;
    }

    private Set<RowKey> withoutRow(Table table, Set<RowKey> keys) {
        if (keys.isEmpty()) {
            return Set.of();
        }
        var missing = new LinkedHashSet<>(keys);
        missing.removeAll(rows.existing(table, keys));
        return missing;
    }
}
