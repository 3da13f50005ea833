package dev.freshet.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.freshet.index.IndexException;
import dev.freshet.index.IndexException.Kind;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
final class GuardTest {

    private final CountDownLatch stop = new CountDownLatch(1);
    private final Guard guard = new Guard("index", stop, failure -> {});
    private final AtomicInteger calls = new AtomicInteger();

    private static IndexException failure(Kind kind, @Nullable Duration retryAfter) {
        return new IndexException(kind, "no answer", retryAfter, null);
    }

    private int succeedAfter(int failures, IndexException failure) {
        if (calls.incrementAndGet() <= failures) {
            throw failure;
        }
        return calls.get();
    }

    @Test
    void triesAgainForAsLongAsItTakes() {
        assertThat(guard.call(() -> succeedAfter(5, failure(Kind.TRANSIENT, null))))
                .isEqualTo(6);
        assertThat(guard.status()).isEqualTo(new GuardStatus("index", "closed", null));
    }

    @Test
    void failsAtOnceWhereAnotherTryIsPointless() {
        assertThatThrownBy(() -> guard.call(() -> succeedAfter(9, failure(Kind.PERMANENT, null))))
                .isInstanceOf(IndexException.class);
        assertThatThrownBy(() ->
                        guard.call(() -> succeedAfter(9, failure(Kind.OVERLOADED, null)), e -> !Retries.isTooMuch(e)))
                .isInstanceOf(IndexException.class);
        assertThatThrownBy(() -> guard.call(() -> {
                    throw new IllegalStateException("a bug");
                }))
                .hasMessage("a bug");
        assertThat(calls).hasValue(2);
        assertThat(guard.status().isAway()).isFalse();
    }

    @Test
    void leavesAloneWhatIsAwayAndSaysWhy() throws Exception {
        var away = new CompletableFuture<Integer>();
        Thread.ofVirtual()
                .start(() -> away.complete(guard.call(() -> {
                    if (stop.getCount() == 0 || calls.incrementAndGet() > 50) {
                        return 1;
                    }
                    throw failure(Kind.TRANSIENT, null);
                })));

        await().until(() -> guard.status().isAway());
        assertThat(guard.status().lastError()).isEqualTo("no answer");
        calls.set(100);

        assertThat(away.get()).isEqualTo(1);
        assertThat(guard.status()).isEqualTo(new GuardStatus("index", "closed", null));
    }

    @Test
    void oneCallAtATimeFindsOutWhetherItIsBack() throws Exception {
        var atOnce = new AtomicInteger();
        var most = new AtomicInteger();
        var back = new CountDownLatch(1);
        assertThatThrownBy(() -> failTwice()).isInstanceOf(IndexException.class);
        assertThat(guard.status().state()).isEqualTo("open");
        var done = new CountDownLatch(8);
        for (int i = 0; i < 8; i++) {
            Thread.ofVirtual().start(() -> {
                guard.call(() -> {
                    most.accumulateAndGet(atOnce.incrementAndGet(), Math::max);
                    try {
                        back.await();
                        return true;
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    } finally {
                        atOnce.decrementAndGet();
                    }
                });
                done.countDown();
            });
        }
        await().until(() -> atOnce.get() == 1);
        // All the others have looked once more by now, and were not let through.
        await().during(Duration.ofMillis(250)).until(() -> most.get() == 1);
        back.countDown();
        done.await();
    }

    private int failTwice() {
        // Not tried again by itself, so that the second failure is the last thing that happened.
        for (int i = 0; i < 2; i++) {
            try {
                guard.call(() -> succeedAfter(9, failure(Kind.TRANSIENT, null)), e -> false);
            } catch (IndexException e) {
                if (i == 1) {
                    throw e;
                }
            }
        }
        return 0;
    }

    @Test
    void anIndexThatAsksForPatienceIsNotAwayAndGetsIt() {
        long start = System.nanoTime();
        guard.call(() -> succeedAfter(3, failure(Kind.OVERLOADED, Duration.ofMillis(300))));

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(900));
        assertThat(guard.status().isAway()).isFalse();
    }

    @Test
    void aStopEndsIt() throws Exception {
        var ended = new CompletableFuture<Throwable>();
        Thread.ofVirtual().start(() -> {
            try {
                guard.call(() -> succeedAfter(Integer.MAX_VALUE, failure(Kind.TRANSIENT, null)));
            } catch (IndexException e) {
                ended.complete(e);
            }
        });
        await().until(() -> guard.status().isAway());
        stop.countDown();

        assertThat(ended.get()).hasMessage("no answer");
        int before = calls.get();
        // Whoever comes after has one try, whatever the breaker says.
        assertThatThrownBy(() -> guard.call(() -> succeedAfter(Integer.MAX_VALUE, failure(Kind.TRANSIENT, null))))
                .hasMessage("no answer");
        assertThat(calls).hasValue(before + 1);
    }
}
