package dev.freshet.pipeline;

import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.core.IntervalFunction;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What stands between the loop and one thing that may be away: a call that may succeed later is made again for as long as
 * it takes, and a circuit breaker has one call at a time find out whether the thing is back. Thread-safe.
 */
final class Guard {

    private static final Logger LOG = LoggerFactory.getLogger(Guard.class);

    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);
    private static final Duration LOOK_AGAIN = Duration.ofMillis(100);

    /** Half of it at random, so that those who wait do not come back together. */
    private static final IntervalFunction PAUSE =
            IntervalFunction.ofExponentialRandomBackoff(FIRST_PAUSE, 2, 0.5, LONGEST_PAUSE);

    /** So many calls that failed one after the other are an outage. */
    private static final int OUTAGE = 2;

    private final String name;
    private final CountDownLatch stop;
    private final Consumer<String> onFailure;
    private final CircuitBreaker breaker;
    private final AtomicReference<@Nullable String> lastError = new AtomicReference<>();

    /**
     * A guard that lets calls through.
     *
     * @param name what is behind it
     * @param stop opens when nothing is to be tried again
     * @param onFailure told why a call failed
     */
    Guard(String name, CountDownLatch stop, Consumer<String> onFailure) {
        this.name = name;
        this.stop = stop;
        this.onFailure = onFailure;
        breaker = CircuitBreaker.of(
                name,
                CircuitBreakerConfig.custom()
                        .slidingWindow(OUTAGE, OUTAGE, CircuitBreakerConfig.SlidingWindowType.COUNT_BASED)
                        .failureRateThreshold(100)
                        .waitIntervalFunctionInOpenState(PAUSE)
                        .permittedNumberOfCallsInHalfOpenState(1)
                        .slowCallDurationThreshold(Duration.ofDays(1))
                        // A refusal, or a limit, shows that it is there.
                        .recordException(Guard::isAway)
                        .ignoreException(e -> !isAway(e))
                        .build());
        breaker.getEventPublisher().onStateTransition(event -> {
            switch (event.getStateTransition()) {
                case CLOSED_TO_OPEN -> LOG.warn("{} away, trying again error={}", name, lastError.get());
                case HALF_OPEN_TO_CLOSED -> LOG.info("{} back", name);
                default -> LOG.debug("{} {}", name, event.getStateTransition());
            }
        });
    }

    private static boolean isAway(Throwable failure) {
        return failure instanceof RuntimeException known && Retries.isTransient(known) && !Retries.isLimit(known);
    }

    /** Makes the call until it succeeds, or fails for good, or nothing is to be tried again; then its failure is thrown. */
    <T> T call(Supplier<T> call) {
        return call(call, failure -> true);
    }

    /** The same where only some of what may succeed later is worth another try. */
    <T> T call(Supplier<T> call, Predicate<RuntimeException> again) {
        RuntimeException failure = null;
        for (int attempt = 1; ; ) {
            Duration pause = LOOK_AGAIN;
            try {
                T result = breaker.executeSupplier(() -> noted(call));
                lastError.set(null);
                return result;
            } catch (CallNotPermittedException e) {
                if (failure == null && stop.getCount() == 0) {
                    // The last checkpoint is worth a try.
                    return call.get();
                }
                failure = failure == null ? e : failure;
            } catch (RuntimeException e) {
                if (!Retries.isTransient(e) || !again.test(e)) {
                    throw e;
                }
                failure = e;
                pause = longer(Duration.ofMillis(PAUSE.apply(attempt)), Retries.retryAfter(e));
                LOG.debug(
                        "{} failed attempt={} retry_in_ms={} error={}", name, attempt, pause.toMillis(), e.toString());
                attempt++;
            }
            if (stopped(pause)) {
                throw failure;
            }
        }
    }

    /** The breaker tells of an outage before the failure gets here. */
    private <T> T noted(Supplier<T> call) {
        try {
            return call.get();
        } catch (RuntimeException e) {
            String why = String.valueOf(e.getMessage());
            lastError.set(why);
            onFailure.accept(why);
            throw e;
        }
    }

    private static Duration longer(Duration pause, Duration least) {
        return pause.compareTo(least) < 0 ? least.plus(pause.dividedBy(2)) : pause;
    }

    private boolean stopped(Duration pause) {
        try {
            return stop.await(pause.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    /** How it stands. */
    GuardStatus status() {
        return new GuardStatus(
                name, breaker.getState().name().toLowerCase(Locale.ROOT).replace('_', '-'), lastError.get());
    }
}
