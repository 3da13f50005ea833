package dev.freshet.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.reconcile.Oracle.Findings;

/** C1, of a running daemon. */
final class Convergence {

    private Convergence() {}

    /** Waits until the log is drained, and compares the index with a build from scratch. */
    static void assertConverged(Daemon daemon) throws InterruptedException {
        assertThat(daemon.awaitDrained()).isTrue();
        Findings findings = daemon.oracle().compare(1);
        assertThat(findings.examples()).isEmpty();
        assertThat(findings.differences()).isZero();
        assertThat(findings.documents()).isPositive();
        assertThat(daemon.status().deadLetters()).isZero();
    }
}
