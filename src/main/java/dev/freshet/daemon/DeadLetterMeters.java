package dev.freshet.daemon;

import dev.freshet.deadletter.DeadLetters;
import dev.freshet.pipeline.Loop;
import dev.freshet.telemetry.Meters;

/** What the meters say of the dead letters. */
final class DeadLetterMeters {

    private DeadLetterMeters() {}

    static void add(DeadLetters letters, Loop loop, Meters meters) {
        meters.gauge("freshet.dead.letters", "Documents that could not be processed", letters::count);
        meters.gauge(
                "freshet.dead.letters.bytes",
                "Bytes of dead letters",
                () -> letters.occupancy().bytes());
        meters.gauge(
                "freshet.dead.letters.max.bytes",
                "The most bytes of dead letters",
                () -> letters.occupancy().max());
        meters.gauge(
                "freshet.dead.letters.halted",
                "1 while changes wait because the dead letters are full",
                () -> loop.halt() == null ? 0 : 1);
        meters.total("freshet.dead.letters.dropped", "Dead letters forgotten because they were full", letters::dropped);
    }
}
