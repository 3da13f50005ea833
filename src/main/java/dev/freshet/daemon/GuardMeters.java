package dev.freshet.daemon;

import dev.freshet.pipeline.GuardStatus;
import dev.freshet.pipeline.Loop;
import dev.freshet.telemetry.Meters;

/** What the meters say of the circuit breakers. */
final class GuardMeters {

    private GuardMeters() {}

    static void add(Loop loop, Meters meters) {
        for (GuardStatus guard : loop.guards()) {
            meters.gauge(
                    "freshet." + guard.name() + ".breaker.open",
                    "1 while the " + guard.name() + " is left alone because it does not answer",
                    () -> loop.guards().stream().anyMatch(now -> now.name().equals(guard.name()) && now.isAway())
                            ? 1
                            : 0);
        }
    }
}
