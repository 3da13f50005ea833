package dev.freshet.embed;

import dev.freshet.telemetry.Meters;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The one queue in front of the embedding model. Texts of queries and live changes go first, otherwise they go as they
 * were asked for. A model in this process gets one text per call, from as many threads as it is fast with; a service gets
 * as many texts as wait and fit into a request, in as many requests at once as it allows. A text that is waiting or under
 * way is not embedded a second time for whoever else asks for it.
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

    /** With these, queries go on while every request for documents is being tried again. */
    private static final int QUERY_WORKERS = 2;

    private static final class Task implements Comparable<Task> {
        private final String text;
        private final int tokens;
        private final Priority priority;
        private final long batch;
        private final CompletableFuture<float[]> vector;

        private Task(String text, int tokens, Priority priority, long batch, CompletableFuture<float[]> vector) {
            this.text = text;
            this.tokens = tokens;
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

    private final Calls calls;
    private final int dimension;
    private final @Nullable Duration queryTimeout;
    private final Meters meters;
    private final List<Thread> workers = new ArrayList<>();
    private final PriorityQueue<Task> waiting = new PriorityQueue<>();
    private final Map<String, Task> known = new HashMap<>();
    private long batches;
    private boolean closed;

    private Embedder(Calls calls, int dimension, @Nullable Duration queryTimeout, Meters meters) {
        this.calls = calls;
        this.dimension = dimension;
        this.queryTimeout = queryTimeout;
        this.meters = meters;
    }

    /** In front of a model; starts the threads. */
    public static Embedder of(LoadedModel model, Meters meters) {
        ServiceLimits service = model.service();
        if (service == null) {
            var local = new LocalCalls(model.model(), model.dimension(), model.fingerprint(), meters);
            var embedder = new Embedder(local, model.dimension(), null, meters);
            embedder.start(model.threads(), Thread.ofPlatform().daemon(), false);
            return embedder;
        }
        var embedder = new Embedder(
                new ServiceCalls(model, service, meters), model.dimension(), service.queryTimeout(), meters);
        embedder.start(model.threads(), Thread.ofVirtual(), false);
        embedder.start(QUERY_WORKERS, Thread.ofVirtual(), true);
        return embedder;
    }

    private void start(int threads, Thread.Builder builder, boolean queriesOnly) {
        builder.name(queriesOnly ? "freshet-embed-query-" : "freshet-embed-", 0);
        for (int i = 0; i < threads; i++) {
            workers.add(builder.start(() -> work(queriesOnly)));
        }
    }

    /** The dimension of the vectors. */
    public int dimension() {
        return dimension;
    }

    /** How it stands with the model. */
    public EmbedderStatus status() {
        return calls.status();
    }

    /**
     * Asks for the vectors of texts; each future completes with a vector of length one or, exceptionally, with an
     * {@link EmbeddingException}. A service that does not answer is tried again for as long as it takes; only for a query
     * is it given up.
     */
    public List<CompletableFuture<float[]>> submit(List<String> texts, Priority priority) {
        int[] tokens = texts.stream().mapToInt(calls::tokens).toArray();
        synchronized (this) {
            if (closed) {
                throw new IllegalStateException("the embedder is closed");
            }
            batches++;
            var vectors = new ArrayList<CompletableFuture<float[]>>(texts.size());
            for (int i = 0; i < tokens.length; i++) {
                CompletableFuture<float[]> vector = submit(texts.get(i), tokens[i], priority);
                vectors.add(
                        priority == Priority.QUERY && queryTimeout != null ? patient(vector, queryTimeout) : vector);
            }
            notifyAll();
            return vectors;
        }
    }

    private CompletableFuture<float[]> submit(String text, int tokens, Priority priority) {
        Task same = known.get(text);
        if (same != null) {
            meters.deduplicated();
            if (priority.compareTo(same.priority) < 0 && waiting.remove(same)) {
                enqueue(new Task(text, tokens, priority, batches, same.vector));
            }
            return same.vector;
        }
        var task = new Task(text, tokens, priority, batches, new CompletableFuture<>());
        enqueue(task);
        return task.vector;
    }

    private void enqueue(Task task) {
        known.put(task.text, task);
        waiting.add(task);
    }

    /** Whoever asks does not wait for ever, even where the text is under way for a document that does. */
    private CompletableFuture<float[]> patient(CompletableFuture<float[]> vector, Duration patience) {
        return vector.copy()
                .orTimeout(patience.toMillis(), TimeUnit.MILLISECONDS)
                .exceptionallyCompose(e -> CompletableFuture.failedFuture(
                        e instanceof TimeoutException
                                ? tooLate(patience)
                                : e instanceof CompletionException && e.getCause() != null ? e.getCause() : e));
    }

    private EmbeddingException tooLate(Duration patience) {
        String reason = calls.status().lastError();
        return EmbeddingException.unavailable(
                "the embedding service gave no answer within " + patience.toMillis() + " ms"
                        + (reason == null ? "" : " (" + reason + ")"),
                patience);
    }

    private void work(boolean queriesOnly) {
        for (List<Task> tasks = next(queriesOnly); !tasks.isEmpty(); tasks = next(queriesOnly)) {
            settle(tasks, embed(tasks));
        }
    }

    private List<Calls.Result> embed(List<Task> tasks) {
        try {
            return calls.embed(tasks.stream().map(task -> task.text).toList(), tasks.getFirst().priority);
        } catch (RuntimeException | Error e) {
            var reason = e instanceof EmbeddingException known
                    ? known
                    : new EmbeddingException("the embedding model failed: " + e, e);
            return tasks.stream()
                    .<Calls.Result>map(task -> new Calls.Result.Failure(reason))
                    .toList();
        }
    }

    private void settle(List<Task> tasks, List<Calls.Result> results) {
        synchronized (this) {
            tasks.forEach(task -> known.remove(task.text));
        }
        for (int i = 0; i < tasks.size(); i++) {
            switch (results.get(i)) {
                case Calls.Result.Vector vector -> tasks.get(i).vector.complete(vector.values());
                case Calls.Result.Failure failure -> tasks.get(i).vector.completeExceptionally(failure.reason());
            }
        }
    }

    /** The texts of the next call, none when it is closed. Takes what is there: a call never waits until it is full. */
    private synchronized List<Task> next(boolean queriesOnly) {
        while (!closed) {
            Task first = waiting.peek();
            if (first != null && (!queriesOnly || first.priority == Priority.QUERY)) {
                return call(waiting.remove());
            }
            try {
                wait();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return List.of();
            }
        }
        return List.of();
    }

    private List<Task> call(Task first) {
        var tasks = new ArrayList<Task>();
        tasks.add(first);
        long tokens = first.tokens;
        while (tasks.size() < calls.mostTexts()) {
            Task more = waiting.peek();
            if (more == null || more.priority != first.priority || tokens + more.tokens > calls.mostTokens()) {
                break;
            }
            tokens += more.tokens;
            tasks.add(waiting.remove());
        }
        return tasks;
    }

    /**
     * From now on nothing is tried again, so that whoever waits for a service that is away learns that it will not come,
     * and may end.
     */
    public void stopRetrying() {
        calls.stop();
    }

    /** Ends the threads; what still waits is cancelled. */
    @Override
    public void close() {
        calls.stop();
        List<Task> abandoned;
        synchronized (this) {
            closed = true;
            abandoned = List.copyOf(waiting);
            waiting.clear();
            notifyAll();
        }
        abandoned.forEach(
                task -> task.vector.completeExceptionally(EmbeddingException.unavailable("Freshet is stopping", null)));
        if (queryTimeout != null) {
            workers.forEach(Thread::interrupt);
        }
        workers.forEach(worker -> join(worker, Duration.ofSeconds(5)));
    }

    private static void join(Thread worker, Duration patience) {
        try {
            worker.join(patience);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
