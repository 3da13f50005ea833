package dev.freshet.source;

import org.jspecify.annotations.Nullable;

/** Hands out committed changes in order. */
public interface ChangeSource extends AutoCloseable {

    /**
     * Starts handing out batches, from a thread of its own, from where the last acknowledgement left off. Returns when
     * the source is running or has failed.
     */
    void start(Sink sink);

    /** Stops handing out; acknowledgements that come later are without effect. */
    @Override
    void close();

    /** Takes what a source hands out. */
    interface Sink {

        /** Takes a batch; blocks while there is no room, which holds the source back. */
        void accept(ChangeBatch batch) throws InterruptedException;

        /** The source ended by itself; no more batches follow. */
        void ended(@Nullable Throwable failure);
    }
}
