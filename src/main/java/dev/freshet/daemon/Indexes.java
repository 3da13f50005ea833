package dev.freshet.daemon;

import dev.freshet.config.IndexConfig;
import dev.freshet.index.IndexException;
import dev.freshet.index.VectorIndex;
import dev.freshet.index.lucene.LuceneIndex;
import dev.freshet.index.qdrant.QdrantIndex;

/** Opens the index that the configuration names. */
final class Indexes {

    private Indexes() {}

    /** @throws StartupException if it cannot be opened */
    static VectorIndex open(IndexConfig config, StateFolder state) {
        try {
            return switch (config.type()) {
                case LUCENE ->
                    new LuceneIndex(config.path() == null ? state.index() : config.path(), config.tombstones());
                case QDRANT -> new QdrantIndex(config.qdrant(), config.tombstones());
            };
        } catch (IndexException e) {
            throw new StartupException(String.valueOf(e.getMessage()), e);
        }
    }
}
