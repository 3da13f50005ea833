package dev.freshet.daemon;

import dev.freshet.change.TableId;
import dev.freshet.config.FreshetConfig;
import dev.freshet.document.Mapping;
import dev.freshet.embed.LoadedModel;
import dev.freshet.index.CollectionSpec;
import dev.freshet.index.CollectionState;
import dev.freshet.index.VectorIndex;
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
                checkModel(collection, before, spec);
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

    private static void checkModel(String collection, CollectionSpec there, CollectionSpec wanted) {
        if (there.model().equals(wanted.model()) && there.dimension() == wanted.dimension()) {
            return;
        }
        throw new StartupException("""
                collection %s was built with the embedding model %s (%d dimensions), and the configuration names %s (%d); \
                vectors of two models cannot be compared. Go back to the model it was built with, \
                or build it anew: freshet reset %s --config <file> removes what it holds, and the next start reads, \
                embeds and indexes every row again""".formatted(
                        collection, there.model(), there.dimension(), wanted.model(), wanted.dimension(), collection));
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
