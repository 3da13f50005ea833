package dev.freshet.index.lucene;

import java.io.IOException;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.store.Directory;
import org.jspecify.annotations.Nullable;

/**
 * An index writer whose commit holds a lock only until it is settled what is in the commit, not while the files are
 * forced to disk, which takes much longer.
 */
final class CommittingWriter extends IndexWriter {

    private final ReentrantLock lock;
    private @Nullable Thread committing;

    CommittingWriter(Directory directory, IndexWriterConfig config, ReentrantLock lock) throws IOException {
        super(directory, config);
        this.lock = lock;
    }

    /**
     * Commits what the writer holds at the moment of the call. The caller holds the lock, once; while the commit is
     * forced to disk the lock is given away, and taken back before this returns or throws. One commit at a time.
     */
    void commitLendingLock() throws IOException {
        committing = Thread.currentThread();
        try {
            prepareCommit();
            commit();
        } finally {
            if (lock.isHeldByCurrentThread()) {
                committing = null;
            } else {
                lock.lock();
            }
        }
    }

    /** Called, among others, when a commit has taken its snapshot of the index and before it forces that to disk. */
    @Override
    protected void doAfterFlush() {
        if (lock.isHeldByCurrentThread() && Thread.currentThread().equals(committing)) {
            committing = null;
            lock.unlock();
        }
    }
}
