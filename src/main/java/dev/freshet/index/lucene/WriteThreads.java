package dev.freshet.index.lucene;

import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Threads to write on. When a thread is interrupted while it writes a file, Java closes the file, and Lucene gives up
 * its writer with all that was not committed. So writes run on threads that nobody interrupts; a caller that is
 * interrupted stays to the end of the write and finds its interrupt still pending.
 */
final class WriteThreads implements AutoCloseable {

    private static final AtomicInteger NUMBER = new AtomicInteger();

    private final ExecutorService threads = Executors.newCachedThreadPool(work -> Thread.ofPlatform()
            .daemon()
            .name("lucene-write-" + NUMBER.incrementAndGet())
            .unstarted(work));

    /** Runs the work to its end and returns what it returns or throws what it throws. */
    <T> T run(Callable<T> work) throws IOException {
        Future<T> result = threads.submit(work);
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return result.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                } catch (ExecutionException e) {
                    throw rethrown(e);
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static IOException rethrown(ExecutionException e) {
        if (e.getCause() instanceof RuntimeException unchecked) {
            throw unchecked;
        }
        if (e.getCause() instanceof Error error) {
            throw error;
        }
        return e.getCause() instanceof IOException failure ? failure : new IOException(e.getCause());
    }

    @Override
    public void close() {
        threads.shutdown();
    }
}
