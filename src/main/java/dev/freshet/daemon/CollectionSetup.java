package dev.freshet.daemon;

import dev.freshet.change.TableId;
import dev.freshet.config.Backfill;
import dev.freshet.config.FreshetConfig;
import dev.freshet.diagnosis.Problem;
import dev.freshet.document.Mapping;
import dev.freshet.embed.LoadedModel;
import dev.freshet.index.CollectionSpec;
import dev.freshet.index.CollectionState;
import dev.freshet.index.VectorIndex;
import dev.freshet.reindex.BackfillLog;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Prepares the configured collections, and finds what has changed since they were built. */
final class CollectionSetup {

    private static final Logger LOG = LoggerFactory.getLogger(CollectionSetup.class);

    private CollectionSetup() {}

    /**
     * Finds the tables whose rows must be read, because a mapping or the chunking is new or another than the one the
     * collection was built with.
     *
     * @throws StartupException if a collection was built with another model
     */
    static Set<TableId> outdated(FreshetConfig config, Tables tables, LoadedModel model, VectorIndex index) {
        var outdated = new TreeSet<TableId>();
        tables.mappingsByCollection().forEach((collection, mappings) -> {
            CollectionSpec spec = spec(config, collection, mappings, model);
            Optional<CollectionSpec> there = index.describe(collection).map(CollectionState::spec);
            there.ifPresent(before -> {
                problem(collection, before, spec).ifPresent(problem -> {
                    throw new StartupException(problem);
                });
                warnOfForgotten(collection, before, spec);
            });
            mappings.stream()
                    .filter(mapping -> isOutdated(there, spec, mapping.name()))
                    .map(Mapping::table)
                    .forEach(outdated::add);
        });
        return outdated;
    }

    /** Creates the collections that are missing, and records what the others are built with from now on. */
    static void create(FreshetConfig config, Tables tables, LoadedModel model, VectorIndex index) {
        tables.mappingsByCollection()
                .forEach((collection, mappings) -> index.create(collection, spec(config, collection, mappings, model)));
    }

    private static CollectionSpec spec(
            FreshetConfig config, String collection, List<Mapping> mappings, LoadedModel model) {
        Map<String, String> fingerprints = new LinkedHashMap<>();
        mappings.forEach(mapping -> fingerprints.put(mapping.name(), mapping.fingerprint()));
        return new CollectionSpec(
                model.dimension(),
                model.fingerprint(),
                Tables.spec(config, collection).fingerprint(),
                fingerprints);
    }

    /** What keeps the configured collections from going on with what the index holds; changes nothing. */
    static List<Problem> problems(
            FreshetConfig config, Tables tables, LoadedModel model, VectorIndex index, boolean checkpoint) {
        boolean firstStart = isFirstStart(config, new BackfillLog(StateFolder.backfills(config.state())));
        var problems = new ArrayList<Problem>();
        tables.mappingsByCollection().forEach((collection, mappings) -> {
            if (checkpoint) {
                index.describe(collection)
                        .flatMap(there -> problem(collection, there.spec(), spec(config, collection, mappings, model)))
                        .ifPresent(problems::add);
            } else if (!firstStart) {
                orphans(collection, index, config.state()).ifPresent(problems::add);
            }
        });
        return problems;
    }

    /** Whether an earlier start was cut off before its first checkpoint, so that every row is going to be read anyway. */
    static boolean isFirstStart(FreshetConfig config, BackfillLog backfills) {
        return config.source().backfill() == Backfill.INCREMENTAL
                && !backfills.all().isEmpty();
    }

    /** Documents of which nobody knows up to where they are current. */
    static Optional<Problem> orphans(String collection, VectorIndex index, Path state) {
        long documents =
                index.describe(collection).map(CollectionState::documents).orElse(0L);
        return documents == 0
                ? Optional.empty()
                : Optional.of(Problem.of(
                        "collection %s holds %d documents, and there is no checkpoint in %s that says up to where they are current"
                                .formatted(collection, documents, state),
                        "Restore the checkpoint; or run 'freshet resync --config <file>', which has every row read again and"
                                + " embeds only what has changed; or remove the collection: freshet reset %s --config <file>"
                                        .formatted(collection)));
    }

    private static Optional<Problem> problem(String collection, CollectionSpec there, CollectionSpec wanted) {
        if (there.model().equals(wanted.model()) && there.dimension() == wanted.dimension()) {
            return Optional.empty();
        }
        return Optional.of(Problem.of(
                "collection %s was built with the embedding model %s (%d dimensions), and the configuration names %s (%d);"
                                .formatted(
                                        collection,
                                        there.model(),
                                        there.dimension(),
                                        wanted.model(),
                                        wanted.dimension())
                        + " vectors of two models cannot be compared",
                "Go back to the model it was built with, or build it anew: freshet reset " + collection
                        + " --config <file> removes what it holds, and the next start reads, embeds and indexes every row"
                        + " again"));
    }

    private static boolean isOutdated(Optional<CollectionSpec> there, CollectionSpec wanted, String mapping) {
        if (there.isEmpty()) {
            return true;
        }
        boolean changed = !Objects.equals(
                        wanted.mappings().get(mapping), there.get().mappings().get(mapping))
                || !there.get().chunker().equals(wanted.chunker());
        if (changed) {
            LOG.info("mapping or chunking changed, its rows are read again mapping={}", mapping);
        }
        return changed;
    }

    private static void warnOfForgotten(String collection, CollectionSpec there, CollectionSpec wanted) {
        var forgotten = new TreeSet<>(there.mappings().keySet());
        forgotten.removeAll(wanted.mappings().keySet());
        if (!forgotten.isEmpty()) {
            LOG.warn(
                    "documents of mappings that are no longer configured stay as they are collection={} mappings={}",
                    collection,
                    forgotten);
        }
    }
}
