package dev.freshet.diagnosis;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Makes checks, side by side where none needs another, and all of them: one that fails keeps only those from being made
 * that depend on it. Ends in time whatever does not answer.
 */
public final class Examination {

    private Examination() {}

    /**
     * Makes the checks.
     *
     * @param checks each after those that it needs
     * @param within when a check that has not answered counts as failed
     * @return what was found, in the order of the checks
     */
    public static List<Finding> of(List<Check> checks, Duration within) {
        Executor threads = look -> Thread.ofVirtual().name("freshet-check").start(look);
        Executor deadline = CompletableFuture.delayedExecutor(within.toMillis(), TimeUnit.MILLISECONDS);
        Map<String, CompletableFuture<Finding>> findings = new HashMap<>();
        var inOrder = new ArrayList<CompletableFuture<Finding>>();
        for (Check check : checks) {
            List<CompletableFuture<Finding>> needs = check.needs().stream()
                    .map(need -> needed(check, need, findings))
                    .toList();
            CompletableFuture<Finding> finding = CompletableFuture.allOf(needs.toArray(CompletableFuture[]::new))
                    .thenApplyAsync(ignored -> make(check, needs), threads);
            deadline.execute(() -> finding.complete(late(check, needs, within)));
            findings.put(check.name(), finding);
            inOrder.add(finding);
        }
        return inOrder.stream().map(CompletableFuture::join).toList();
    }

    private static CompletableFuture<Finding> needed(
            Check check, String need, Map<String, CompletableFuture<Finding>> findings) {
        CompletableFuture<Finding> finding = findings.get(need);
        if (finding == null) {
            throw new IllegalArgumentException(
                    "check '" + check.name() + "' needs '" + need + "', which is not before it");
        }
        return finding;
    }

    private static Finding make(Check check, List<CompletableFuture<Finding>> needs) {
        return hindrance(needs).map(check::skipped).orElseGet(check::run);
    }

    private static Finding late(Check check, List<CompletableFuture<Finding>> needs, Duration within) {
        for (int i = 0; i < needs.size(); i++) {
            if (!needs.get(i).isDone()) {
                return check.skipped(check.needs().get(i));
            }
        }
        return hindrance(needs)
                .map(check::skipped)
                .orElseGet(() -> check.failed(Problem.of(
                        "no answer within " + within.toSeconds() + " s",
                        "Something between here and there holds it up: a firewall, a server that is busy, a lock")));
    }

    /** The check at the root of it, when one of these has failed. */
    private static Optional<String> hindrance(List<CompletableFuture<Finding>> needs) {
        return needs.stream()
                .map(CompletableFuture::join)
                .flatMap(need -> switch (need.status()) {
                    case OK, WARNING -> Stream.of();
                    case FAILED -> Stream.of(need.check());
                    case SKIPPED -> Stream.of(need.found().replaceFirst("^because of ", ""));
                })
                .findFirst();
    }
}
