package dev.freshet.pipeline;

import dev.freshet.deadletter.NotParked;
import dev.freshet.embed.EmbeddingException;
import dev.freshet.index.IndexException;
import dev.freshet.source.SourceException;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** What is tried again, and when. */
final class Retries {

    private static final Duration LONGEST = Duration.ofSeconds(30);

    private Retries() {}

    /** Whether the same call may succeed later. */
    static boolean isTransient(RuntimeException failure) {
        return switch (failure) {
            case IndexException index ->
                switch (index.kind()) {
                    case TRANSIENT, OVERLOADED -> true;
                    case PERMANENT, BROKEN -> false;
                };
            case SourceException source -> !source.isPermanent();
            case EmbeddingException embedding -> embedding.isTransient();
            case NotParked ignored -> true;
            default -> false;
        };
    }

    /** Whether it is there and asks for less, or for patience. */
    static boolean isLimit(RuntimeException failure) {
        return failure instanceof IndexException index && index.kind() == IndexException.Kind.OVERLOADED;
    }

    /** Whether no request can succeed any more, so that none is to blame. */
    static boolean isBroken(RuntimeException failure) {
        return failure instanceof IndexException index && index.kind() == IndexException.Kind.BROKEN;
    }

    /** Whether less at a time may succeed at once. */
    static boolean isTooMuch(RuntimeException failure) {
        return isLimit(failure) && retryAfter(failure).isZero();
    }

    /** How long it wants to be left alone. */
    static Duration retryAfter(RuntimeException failure) {
        return failure instanceof IndexException index ? index.retryAfter().orElse(Duration.ZERO) : Duration.ZERO;
    }

    /** Exponential from 100 ms to 30 s, with full jitter in its upper half. */
    static Duration pause(int attempt) {
        long most = Math.min(LONGEST.toMillis(), 100L << Math.min(attempt - 1, 10));
        return Duration.ofMillis(most / 2 + ThreadLocalRandom.current().nextLong(most / 2 + 1));
    }
}
