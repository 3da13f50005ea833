package dev.freshet.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.daemon.ChaosHistory.Fault;
import dev.freshet.daemon.ChaosHistory.Plan;
import dev.freshet.daemon.ChaosHistory.Scenery;
import dev.freshet.daemon.ChaosHistory.Summary;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * C1 to C5 under random faults: see {@link ChaosHistory}. The short ones run always; the long ones with {@code mvn verify
 * -Pchaos -Dfreshet.chaos.histories=N}. What fails says with which seed it is played again; with {@code
 * -Dfreshet.chaos.seed} only that one is. The seed fixes what happens and for how long, not how threads interleave.
 */
final class ChaosTest {

    /** A kill, then a service that fails. */
    private static final long WITH_LUCENE = 20_261_188L;

    /** A kill, then a server that resets connections and fails. */
    private static final long WITH_QDRANT = 20_261_164L;

    private static ChaosDatabase database;

    @BeforeAll
    static void start() throws Exception {
        database = new ChaosDatabase(Files.createTempDirectory("freshet-chaos-postgresql"));
    }

    @AfterAll
    static void stop() {
        database.close();
    }

    /** With the embedded index. */
    @Test
    void shortlyWithLucene() throws Exception {
        var faults = EnumSet.complementOf(EnumSet.copyOf(ChaosHistory.SLOW));
        assertThat(run(new Plan(WITH_LUCENE, Scenery.LUCENE, 2, faults)).answers())
                .isPositive();
    }

    /** With a double of a server. */
    @Test
    @Tag("chaos")
    void shortlyWithQdrant() throws Exception {
        var faults = EnumSet.complementOf(EnumSet.copyOf(ChaosHistory.SLOW));
        assertThat(run(new Plan(WITH_QDRANT, Scenery.QDRANT, 2, faults)).answers())
                .isPositive();
    }

    @Tag("chaos")
    @Test
    void randomHistories() throws Exception {
        int histories = Integer.getInteger("freshet.chaos.histories", 8);
        int steps = Integer.getInteger("freshet.chaos.steps", 8);
        Long only = Long.getLong("freshet.chaos.seed");
        String scenery = System.getProperty("freshet.chaos.scenery");
        Set<Fault> faults = faults();
        Map<Fault, Integer> ran = new EnumMap<>(Fault.class);
        for (int i = 0; i < (only == null ? histories : 1); i++) {
            long seed = only == null ? System.nanoTime() : only;
            Scenery in = scenery == null ? Scenery.values()[i % Scenery.values().length] : Scenery.valueOf(scenery);
            Summary summary = run(new Plan(seed, in, steps, faults));
            for (Fault fault : Fault.values()) {
                summary.faults().stream()
                        .filter(each -> each.contains(fault.name()))
                        .forEach(each -> ran.merge(fault, 1, Integer::sum));
            }
            System.out.println("faults so far: " + ran);
        }
        assertThat(ran).isNotEmpty();
    }

    private static Set<Fault> faults() {
        String some = System.getProperty("freshet.chaos.faults");
        if (some == null) {
            return EnumSet.allOf(Fault.class);
        }
        Set<Fault> faults = EnumSet.noneOf(Fault.class);
        for (String each : some.split(",", -1)) {
            faults.add(Fault.valueOf(each));
        }
        return faults;
    }

    private static Summary run(Plan plan) throws Exception {
        Path folder = Files.createTempDirectory("freshet-chaos");
        long start = System.nanoTime();
        System.out.printf("chaos seed=%d scenery=%s%n", plan.seed(), plan.scenery());
        try (var history = new ChaosHistory(plan, database, folder)) {
            Summary summary = history.run();
            System.out.printf(
                    "chaos seed=%d scenery=%s took_ms=%d faults=%s transactions=%d answers=%d unanswered=%d documents=%d"
                            + " recovery_ms=%d ended_by_itself=%s%n",
                    plan.seed(),
                    plan.scenery(),
                    (System.nanoTime() - start) / 1_000_000,
                    summary.faults(),
                    summary.transactions(),
                    summary.answers(),
                    summary.unanswered(),
                    summary.documents(),
                    summary.recovery().toMillis(),
                    summary.endedByItself());
            return summary;
        }
    }
}
