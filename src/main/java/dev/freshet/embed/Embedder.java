package dev.freshet.embed;

import dev.freshet.telemetry.Meters;
import dev.langchain4j.model.embedding.EmbeddingModel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The one queue in front of the embedding model. Texts are embedded one per call, by as many threads as the model is
 * fast with, those of queries and live changes first, otherwise as they were asked for. A text that is waiting or under way
 * is not embedded a second time for whoever else asks for it.
 *
 * <p>Thread-safe. Vectors come back with length one.
 */
public final class Embedder implements AutoCloseable {

    /** Who waits for a text; earlier ones go first. */
    public enum Priority {
        QUERY,
        LIVE,
        BACKFILL
    }

    private static final class Task implements Comparable<Task> {
        private final String text;
        private final Priority priority;
        private final long batch;
        private final CompletableFuture<float[]> vector;

        private Task(String text, Priority priority, long batch, CompletableFuture<float[]> vector) {
            this.text = text;
            this.priority = priority;
            this.batch = batch;
            this.vector = vector;
        }

        @Override
        public int compareTo(Task other) {
            int byPriority = priority.compareTo(other.priority);
            if (byPriority != 0) {
                return byPriority;
            }
            // One batch after the other, so that its documents are written while the next one is embedded; long ones
            // first within a batch, which evens out its end.
            int byBatch = Long.compare(batch, other.batch);
            return byBatch != 0 ? byBatch : Integer.compare(other.text.length(), text.length());
        }
    }

    private final EmbeddingModel model;
    private final int dimension;
    private final Meters meters;
    private final List<Thread> workers = new ArrayList<>();
    private final PriorityQueue<Task> waiting = new PriorityQueue<>();
    private final Map<String, Task> known = new HashMap<>();
    private long batches;
    private boolean closed;

    /**
     * Starts the threads.
     *
     * @param model embeds one text per call, from several threads at once
     * @param dimension of its vectors
     * @param threads how many calls run at once
     */
    public Embedder(EmbeddingModel model, int dimension, int threads, Meters meters) {
        this.model = model;
        this.dimension = dimension;
        this.meters = meters;
        for (int i = 0; i < threads; i++) {
            workers.add(Thread.ofPlatform().name("freshet-embed-" + i).daemon().start(this::work));
        }
    }

    /** The dimension of the vectors. */
    public int dimension() {
        return dimension;
    }

    /**
     * Asks for the vectors of texts; each future completes with a vector of length one or, exceptionally, with an
     * {@link EmbeddingException}.
     */
    public synchronized List<CompletableFuture<float[]>> submit(List<String> texts, Priority priority) {
        if (closed) {
            throw new IllegalStateException("the embedder is closed");
        }
        batches++;
        var vectors = new ArrayList<CompletableFuture<float[]>>(texts.size());
        for (String text : texts) {
            vectors.add(submit(text, priority));
        }
        notifyAll();
        return vectors;
    }

    private CompletableFuture<float[]> submit(String text, Priority priority) {
        Task same = known.get(text);
        if (same != null) {
            meters.deduplicated();
            if (priority.compareTo(same.priority) < 0 && waiting.remove(same)) {
                enqueue(new Task(text, priority, batches, same.vector));
            }
            return same.vector;
        }
        var task = new Task(text, priority, batches, new CompletableFuture<>());
        enqueue(task);
        return task.vector;
    }

    private void enqueue(Task task) {
        known.put(task.text, task);
        waiting.add(task);
    }

    private void work() {
        for (Task task = next(); task != null; task = next()) {
            try {
                float[] vector = embed(task);
                forget(task);
                task.vector.complete(vector);
            } catch (RuntimeException | Error e) {
                forget(task);
                task.vector.completeExceptionally(
                        e instanceof EmbeddingException known
                                ? known
                                : new EmbeddingException("the embedding model failed: " + e, e));
            }
        }
    }

    private synchronized @Nullable Task next() {
        while (!closed) {
            Task task = waiting.poll();
            if (task != null) {
                return task;
            }
            try {
                wait();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return null;
            }
        }
        return null;
    }

    private synchronized void forget(Task task) {
        known.remove(task.text);
    }

    private float[] embed(Task task) {
        long start = System.nanoTime();
        float[] vector = model.embed(task.text).content().vector();
        Duration took = Duration.ofNanos(System.nanoTime() - start);
        if (task.priority == Priority.QUERY) {
            meters.stage("embed-query", took);
        } else {
            meters.embedded(took);
        }
        if (vector.length != dimension) {
            throw new EmbeddingException(
                    "the embedding model gave %d dimensions instead of %d".formatted(vector.length, dimension), null);
        }
        return normalized(vector);
    }

    private static float[] normalized(float[] vector) {
        double sum = 0;
        for (float each : vector) {
            sum += (double) each * each;
        }
        double length = Math.sqrt(sum);
        if (!Double.isFinite(length) || length == 0) {
            throw new EmbeddingException("the embedding model gave a vector of length " + length, null);
        }
        float[] unit = new float[vector.length];
        for (int i = 0; i < vector.length; i++) {
            unit[i] = (float) (vector[i] / length);
        }
        return unit;
    }

    /** Ends the threads; what still waits is cancelled. */
    @Override
    public void close() {
        List<Task> abandoned;
        synchronized (this) {
            closed = true;
            abandoned = List.copyOf(waiting);
            waiting.clear();
            notifyAll();
        }
        abandoned.forEach(
                task -> task.vector.completeExceptionally(new EmbeddingException("Freshet is stopping", null)));
        for (Thread worker : workers) {
            try {
                worker.join(Duration.ofSeconds(5));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
