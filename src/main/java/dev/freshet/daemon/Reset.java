package dev.freshet.daemon;

import dev.freshet.config.FreshetConfig;
import dev.freshet.index.CollectionState;
import dev.freshet.index.VectorIndex;

/** Removes a collection while no daemon runs; the next start finds it missing and builds it anew. */
public final class Reset implements AutoCloseable {

    private final StateFolder state;
    private final VectorIndex index;
    private final String collection;
    private final CollectionState before;

    private Reset(StateFolder state, VectorIndex index, String collection, CollectionState before) {
        this.state = state;
        this.index = index;
        this.collection = collection;
        this.before = before;
    }

    /**
     * Opens the index and finds the collection.
     *
     * @throws StartupException if a daemon is running, or there is no such collection
     */
    public static Reset open(FreshetConfig config, String collection) {
        StateFolder state = StateFolder.lock(config.state());
        VectorIndex index = null;
        try {
            index = Indexes.open(config.index(), state);
            CollectionState before = index.describe(collection)
                    .orElseThrow(
                            () -> new StartupException("there is no collection '" + collection + "' in the index"));
            return new Reset(state, index, collection, before);
        } catch (RuntimeException e) {
            if (index != null) {
                index.close();
            }
            state.close();
            throw e;
        }
    }

    /** How many documents it holds. */
    public long documents() {
        return before.documents();
    }

    /** How many chunks it holds. */
    public long chunks() {
        return before.chunks();
    }

    /** Removes it. */
    public void remove() {
        index.drop(collection);
    }

    @Override
    public void close() {
        index.close();
        state.close();
    }
}
