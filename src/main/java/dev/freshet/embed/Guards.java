package dev.freshet.embed;

import dev.freshet.embed.ServiceFailure.Kind;
import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.core.functions.Either;
import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What stands between the queue and an embedding service: a bulkhead (requests at once), rate limiters (requests and
 * tokens a minute), a circuit breaker, which leaves a service alone that is away, and how long to wait before a request
 * is tried again. Thread-safe.
 */
final class Guards {

    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Duration LONGEST_WAIT = Duration.ofHours(1);
    private static final long FIRST_PAUSE_MS = 200;
    private static final long LONGEST_PAUSE_MS = 10_000;

    /** These say something about the service; a refusal or a limit shows that it is there. */
    private static final Set<Kind> AWAY = EnumSet.of(Kind.UNREACHABLE, Kind.BROKEN, Kind.MISCONFIGURED);

    private final Bulkhead bulkhead;
    private final @Nullable RateLimiter requests;
    private final @Nullable RateLimiter tokens;
    private final CircuitBreaker breaker;
    private final Retry retry;

    /** Until when the service wants to be left alone, by {@link System#nanoTime}. */
    private final AtomicLong quietUntil = new AtomicLong(System.nanoTime());

    Guards(ServiceLimits limits, int concurrency) {
        bulkhead = Bulkhead.of(
                limits.model(),
                BulkheadConfig.custom()
                        .maxConcurrentCalls(concurrency)
                        .maxWaitDuration(LONGEST_WAIT)
                        .fairCallHandlingStrategyEnabled(true)
                        .build());
        requests = limits.requestsPerMinute() == 0 ? null : limiter(1, MINUTE.dividedBy(limits.requestsPerMinute()));
        int perSecond = Math.max(1, limits.tokensPerMinute() / 60);
        tokens = limits.tokensPerMinute() == 0
                ? null
                : limiter(perSecond, MINUTE.multipliedBy(perSecond).dividedBy(limits.tokensPerMinute()));
        breaker = CircuitBreaker.of(
                limits.model(),
                CircuitBreakerConfig.custom()
                        .slidingWindow(10, 5, CircuitBreakerConfig.SlidingWindowType.COUNT_BASED)
                        // One bad text that fails again and again between good ones must not look like an outage.
                        .failureRateThreshold(90)
                        .waitIntervalFunctionInOpenState(IntervalFunction.ofExponentialRandomBackoff(
                                Duration.ofMillis(500), 2, 0.5, Duration.ofMillis(LONGEST_PAUSE_MS)))
                        .permittedNumberOfCallsInHalfOpenState(1)
                        .slowCallDurationThreshold(Duration.ofDays(1))
                        .recordException(e -> e instanceof ServiceFailure failure && AWAY.contains(failure.kind()))
                        .ignoreException(e -> !(e instanceof ServiceFailure failure) || !AWAY.contains(failure.kind()))
                        .build());
        retry = Retry.of(
                limits.model(),
                RetryConfig.custom()
                        .maxAttempts(Integer.MAX_VALUE)
                        .retryOnException(e -> true)
                        .intervalBiFunction(Guards::pause)
                        .build());
    }

    private static RateLimiter limiter(int permits, Duration period) {
        return RateLimiter.of(
                "embedding",
                RateLimiterConfig.custom()
                        .limitForPeriod(permits)
                        .limitRefreshPeriod(period)
                        .timeoutDuration(LONGEST_WAIT)
                        .build());
    }

    /** Exponential with full jitter; no shorter than the service said. */
    private static long pause(int attempt, Either<Throwable, Object> outcome) {
        long most = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS << Math.min(attempt - 1, 10));
        long least = 0;
        if (outcome.isLeft() && outcome.getLeft() instanceof ServiceFailure failure) {
            if (failure.retryAfter() != null) {
                return failure.retryAfter().toMillis()
                        + ThreadLocalRandom.current().nextLong(FIRST_PAUSE_MS);
            }
            if (failure.kind() == Kind.MISCONFIGURED || failure.kind() == Kind.REFUSED) {
                most = LONGEST_PAUSE_MS;
                least = LONGEST_PAUSE_MS / 4;
            }
        }
        return ThreadLocalRandom.current().nextLong(least, most + 1);
    }

    /** The repetitions of one request: {@code onError} waits before the next one. */
    Retry.Context<Object> repetitions() {
        return retry.context();
    }

    /**
     * Makes a request as soon as it may be made.
     *
     * @param deadline by {@link System#nanoTime}; nobody waits beyond it
     * @throws ServiceFailure if it failed
     * @throws io.github.resilience4j.circuitbreaker.CallNotPermittedException while the service is left alone
     */
    <T> T call(int cost, Deadline deadline, Callable<T> request) throws InterruptedException {
        try {
            return breaker.executeCallable(() -> {
                deadline.sleep(quietFor());
                reserve(requests, 1, deadline);
                reserve(tokens, cost, deadline);
                return bulkhead.executeCallable(() -> failing(request));
            });
        } catch (RuntimeException | InterruptedException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private <T> T failing(Callable<T> request) {
        try {
            return request.call();
        } catch (Exception e) {
            ServiceFailure failure = ServiceFailure.of(e);
            keepQuiet(failure.retryAfter());
            throw failure;
        }
    }

    private static void reserve(@Nullable RateLimiter limiter, int permits, Deadline deadline)
            throws InterruptedException {
        if (limiter != null && permits > 0) {
            long nanos = limiter.reservePermission(permits);
            deadline.sleep(nanos < 0 ? LONGEST_WAIT : Duration.ofNanos(nanos));
        }
    }

    /** How long the service wants to be left alone. */
    Duration quietFor() {
        return Duration.ofNanos(Math.max(0, quietUntil.get() - System.nanoTime()));
    }

    private void keepQuiet(@Nullable Duration time) {
        if (time != null) {
            long until = System.nanoTime() + time.toNanos();
            quietUntil.accumulateAndGet(until, (a, b) -> a - b > 0 ? a : b);
        }
    }

    CircuitBreaker.State state() {
        return breaker.getState();
    }
}
