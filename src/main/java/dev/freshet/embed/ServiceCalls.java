package dev.freshet.embed;

import dev.freshet.chunk.Tokenizer;
import dev.freshet.embed.Embedder.Priority;
import dev.freshet.embed.ServiceFailure.Kind;
import dev.freshet.telemetry.Meters;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.EmbeddingModel;
import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A model at a service: many texts in a request, tried again for as long as it takes.
 *
 * <p>A text is blamed only when a text that is known to be good gets through. Until then it is the service that does not
 * work, and documents wait; so neither an outage nor a wrong key makes dead letters. A request that fails for its texts is
 * halved until the bad one is alone.
 */
final class ServiceCalls implements Calls {

    private static final Logger LOG = LoggerFactory.getLogger(ServiceCalls.class);

    /** Any model can embed this. */
    static final String GOOD_TEXT = "Freshet";

    /** After so many failures the texts of a request are suspected. */
    private static final int PATIENCE = 3;

    /** So many times a text must fail while the good one gets through, one after the other, to be blamed for errors. */
    private static final int PROOFS_OF_ERRORS = 8;

    private static final int PROOFS_OF_BAD_VECTORS = 3;

    /** How long requests that are under way at a stop may take. */
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(2);

    private static final long HELD_BACK_MS = 250;

    private final EmbeddingModel model;
    private final Tokenizer tokenizer;
    private final int dimension;
    private final ServiceLimits limits;
    private final Guards guards;
    private final LongTexts longTexts;
    private final Meters meters;
    private final AtomicLong requests = new AtomicLong();
    private final AtomicLong retries = new AtomicLong();
    private final Set<Thread> underWay = ConcurrentHashMap.newKeySet();
    private volatile @Nullable String lastError;
    private volatile boolean stopping;
    private volatile boolean stopped;

    ServiceCalls(LoadedModel model, ServiceLimits limits, Meters meters) {
        this.model = model.model();
        this.tokenizer = model.tokenizer();
        this.dimension = model.dimension();
        this.limits = limits;
        this.guards = new Guards(limits, model.threads());
        this.longTexts = new LongTexts(limits.tooLong(), tokenizer);
        this.meters = meters;
        meters.gauge(
                "freshet.embedding.breaker.open",
                "1 while the embedding service is left alone, 0.5 while it is tried, 0 otherwise",
                () -> switch (guards.state()) {
                    case CLOSED, DISABLED, METRICS_ONLY -> 0;
                    case HALF_OPEN -> 0.5;
                    case OPEN, FORCED_OPEN -> 1;
                });
    }

    @Override
    public List<Result> embed(List<String> texts, Priority priority) {
        Deadline deadline = priority == Priority.QUERY ? Deadline.in(limits.queryTimeout()) : Deadline.NEVER;
        long start = System.nanoTime();
        underWay.add(Thread.currentThread());
        try {
            if (stopped) {
                throw stoppingNow();
            }
            List<Result> results = embed(texts, deadline);
            Duration took = Duration.ofNanos(System.nanoTime() - start);
            for (int i = 0; i < texts.size(); i++) {
                if (priority == Priority.QUERY) {
                    meters.stage("embed-query", took);
                } else {
                    meters.embedded(took);
                }
            }
            return results;
        } finally {
            underWay.remove(Thread.currentThread());
            if (stopping) {
                // It was meant for the request, not for whatever this thread does next.
                boolean ignored = Thread.interrupted();
            }
        }
    }

    private List<Result> embed(List<String> texts, Deadline deadline) {
        var results = new Result[texts.size()];
        var places = new ArrayList<Integer>();
        for (int i = 0; i < results.length; i++) {
            String text = texts.get(i);
            if (text.isBlank()) {
                results[i] =
                        new Result.Failure(new EmbeddingException("there is nothing to embed in a blank text", null));
            } else if (tokens(text) > tokenizer.maxTokens()) {
                results[i] =
                        tooLong(text, "it is longer than the " + tokenizer.maxTokens() + " tokens it sees", deadline);
            } else {
                places.add(i);
            }
        }
        if (!places.isEmpty()) {
            List<Result> embedded = request(places.stream().map(texts::get).toList(), deadline, PATIENCE);
            for (int i = 0; i < places.size(); i++) {
                results[places.get(i)] = embedded.get(i);
            }
        }
        return Arrays.asList(results);
    }

    /**
     * Asks until there is a result for each text.
     *
     * @param patience after so many errors of the service's the texts are suspected
     */
    private List<Result> request(List<String> texts, Deadline deadline, int patience) {
        var repetitions = guards.repetitions();
        int proofs = 0;
        for (int attempt = 1; ; attempt++) {
            try {
                List<Result> results = attempt(texts, deadline, attempt > 1);
                repetitions.onComplete();
                return results;
            } catch (ServiceFailure failure) {
                giveUpIfPointless(failure, deadline);
                boolean suspects = suspects(failure.kind(), attempt, patience) && deadline.isNever();
                if (suspects && goodTextGetsThrough()) {
                    if (failure.kind() == Kind.TOO_LONG && texts.size() == 1) {
                        return List.of(tooLong(texts.getFirst(), failure.reason(), deadline));
                    }
                    if (texts.size() > 1) {
                        return halves(texts, deadline);
                    }
                    if (++proofs >= proofsNeeded(failure.kind())) {
                        return List.of(blamed(failure));
                    }
                    hold(deadline, HELD_BACK_MS);
                    continue;
                }
                if (isOfTheTexts(failure.kind()) && !deadline.isNever()) {
                    // Nobody waits for the proof.
                    return texts.size() > 1
                            ? halves(texts, deadline)
                            : List.of(
                                    failure.kind() == Kind.TOO_LONG
                                            ? tooLong(texts.getFirst(), failure.reason(), deadline)
                                            : blamed(failure));
                }
                proofs = 0;
                if (deadline.isNever()) {
                    await(repetitions, failure, attempt);
                } else {
                    hold(deadline, HELD_BACK_MS << Math.min(attempt - 1, 2));
                }
            } catch (CallNotPermittedException e) {
                if (!deadline.isNever() && guards.state() == CircuitBreaker.State.OPEN) {
                    throw away(null);
                }
                hold(deadline, HELD_BACK_MS);
            }
        }
    }

    private static boolean isOfTheTexts(Kind kind) {
        return kind == Kind.REFUSED || kind == Kind.TOO_LONG || kind == Kind.BAD_VECTOR;
    }

    private static boolean suspects(Kind kind, int attempt, int patience) {
        return isOfTheTexts(kind) || (attempt >= patience && (kind == Kind.BROKEN || kind == Kind.THROTTLED));
    }

    private static int proofsNeeded(Kind kind) {
        return switch (kind) {
            case REFUSED, TOO_LONG -> 1;
            case BAD_VECTOR -> PROOFS_OF_BAD_VECTORS;
            // A limit is never the fault of one text that is no longer than the model sees.
            case THROTTLED -> Integer.MAX_VALUE;
            case UNREACHABLE, BROKEN, MISCONFIGURED -> PROOFS_OF_ERRORS;
        };
    }

    private static Result blamed(ServiceFailure failure) {
        return new Result.Failure(
                new EmbeddingException("the embedding service does not take the text: " + failure.reason(), failure));
    }

    /** Suspected from the start, so that a good text follows every error: the breaker must not take it for an outage. */
    private List<Result> halves(List<String> texts, Deadline deadline) {
        int middle = texts.size() / 2;
        var results = new ArrayList<>(request(texts.subList(0, middle), deadline, 1));
        results.addAll(request(texts.subList(middle, texts.size()), deadline, 1));
        return results;
    }

    private Result tooLong(String text, String reason, Deadline deadline) {
        meters.tooLong(limits.tooLong().toString());
        LOG.info(
                "text too long for the embedding model tokens={} policy={} reason={}",
                tokens(text),
                limits.tooLong(),
                reason);
        return longTexts.embed(
                text, reason, part -> embed(List.of(part), deadline).getFirst());
    }

    /** One request; the texts whose vectors are bad are asked for again alone. */
    private List<Result> attempt(List<String> texts, Deadline deadline, boolean again) {
        List<float[]> vectors = vectors(texts, deadline, again);
        var results = new ArrayList<Result>();
        for (int i = 0; i < texts.size(); i++) {
            Result result = Vectors.unit(vectors.get(i), dimension);
            if (result instanceof Result.Failure bad) {
                if (texts.size() == 1) {
                    throw failed(new ServiceFailure(
                            Kind.BAD_VECTOR, String.valueOf(bad.reason().getMessage())));
                }
                result = request(List.of(texts.get(i)), deadline, 1).getFirst();
            }
            results.add(result);
        }
        lastError = null;
        return results;
    }

    private List<float[]> vectors(List<String> texts, Deadline deadline, boolean again) {
        int cost = texts.stream().mapToInt(this::tokens).sum();
        try {
            return guards.call(cost, deadline, () -> {
                requests.incrementAndGet();
                if (again) {
                    retries.incrementAndGet();
                    meters.embeddingRetried();
                }
                long start = System.nanoTime();
                boolean ok = false;
                try {
                    List<float[]> got =
                            model.embedAll(texts.stream().map(TextSegment::from).toList()).content().stream()
                                    .map(Embedding::vector)
                                    .toList();
                    if (got.size() != texts.size()) {
                        throw new ServiceFailure(
                                Kind.BROKEN,
                                "the answer has " + got.size() + " vectors for " + texts.size() + " texts");
                    }
                    ok = true;
                    return got;
                } finally {
                    meters.embeddingRequest(ok, Duration.ofNanos(System.nanoTime() - start));
                }
            });
        } catch (ServiceFailure failure) {
            throw failed(failure);
        } catch (InterruptedException e) {
            throw stoppingNow();
        }
    }

    private ServiceFailure failed(ServiceFailure failure) {
        lastError = describe(failure);
        return failure;
    }

    private String describe(ServiceFailure failure) {
        String what =
                "the embedding service (embedding.provider " + limits.provider() + ", model " + limits.model() + ") ";
        return switch (failure.kind()) {
            case UNREACHABLE -> what + "cannot be reached: " + failure.reason();
            case BROKEN, BAD_VECTOR -> what + "failed: " + failure.reason();
            case THROTTLED -> what + "limits requests: " + failure.reason();
            case MISCONFIGURED ->
                what + "cannot be used as it is configured: " + failure.reason()
                        + "; check embedding.remote.apiKey, embedding.remote.baseUrl and embedding.model";
            case REFUSED, TOO_LONG -> what + "refused: " + failure.reason();
        };
    }

    /** Whether it is not the service that does not work. */
    private boolean goodTextGetsThrough() {
        try {
            float[] vector = vectors(List.of(GOOD_TEXT), Deadline.NEVER, false).getFirst();
            return Vectors.unit(vector, dimension) instanceof Result.Vector;
        } catch (ServiceFailure | CallNotPermittedException e) {
            return false;
        }
    }

    private void giveUpIfPointless(ServiceFailure failure, Deadline deadline) {
        if (stopping) {
            throw stoppingNow();
        }
        if (!deadline.isNever()) {
            Duration again = failure.retryAfter();
            if (failure.kind() == Kind.MISCONFIGURED || !deadline.leaves(again == null ? Duration.ZERO : again)) {
                throw away(again);
            }
        }
    }

    private EmbeddingException away(@Nullable Duration retryAfter) {
        String reason = lastError;
        return EmbeddingException.unavailable(
                reason == null ? "the embedding service does not answer" : reason,
                retryAfter == null ? limits.queryTimeout() : retryAfter);
    }

    private static EmbeddingException stoppingNow() {
        return EmbeddingException.unavailable("Freshet is stopping", null);
    }

    private void await(
            io.github.resilience4j.retry.Retry.Context<Object> repetitions, ServiceFailure failure, int attempt) {
        LOG.warn("embedding request failed attempt={} kind={} error={}", attempt, failure.kind(), describe(failure));
        try {
            repetitions.onError(failure);
        } catch (Exception e) {
            // Only an interrupt ends the waiting.
            throw stoppingNow();
        }
        if (stopping) {
            throw stoppingNow();
        }
    }

    private void hold(Deadline deadline, long atMost) {
        if (stopping) {
            throw stoppingNow();
        }
        try {
            deadline.sleep(Duration.ofMillis(ThreadLocalRandom.current().nextLong(atMost / 5, atMost)));
        } catch (ServiceFailure late) {
            throw away(null);
        } catch (InterruptedException e) {
            throw stoppingNow();
        }
    }

    @Override
    public int mostTexts() {
        return limits.texts();
    }

    @Override
    public int mostTokens() {
        return limits.tokens();
    }

    @Override
    public int tokens(String text) {
        return tokenizer.specialTokens() + tokenizer.count(text);
    }

    @Override
    public void stop() {
        if (stopping) {
            return;
        }
        stopping = true;
        boolean hopeless = lastError != null;
        Thread.ofVirtual().name("freshet-embed-stop").start(() -> {
            try {
                if (!hopeless) {
                    Thread.sleep(STOP_PATIENCE);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            stopped = true;
            underWay.forEach(Thread::interrupt);
        });
    }

    @Override
    public EmbedderStatus status() {
        return new EmbedderStatus(
                limits.provider(),
                limits.model(),
                guards.state().name().toLowerCase(Locale.ROOT),
                requests.get(),
                retries.get(),
                lastError);
    }
}
