package dev.freshet.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freshet.diagnosis.Finding;
import dev.freshet.diagnosis.Finding.Status;
import dev.freshet.diagnosis.Problem;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What an examination found, for people and for programs; the keys of the JSON stay, new ones may come. */
record DoctorReport(List<Finding> findings, long tookMs) {

    private static final String INDENT = " ".repeat(26);
    private static final int WIDTH = 94;
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Whether nothing failed. */
    boolean isWell() {
        return count(Status.FAILED) == 0;
    }

    private long count(Status status) {
        return findings.stream().filter(finding -> finding.status() == status).count();
    }

    String json() {
        ObjectNode report = JSON.createObjectNode();
        report.put("schema", 1).put("ok", isWell()).put("tookMs", tookMs);
        ArrayNode checks = report.putArray("checks");
        for (Finding finding : findings) {
            ObjectNode check = checks.addObject()
                    .put("check", finding.check())
                    .put("status", finding.status().name().toLowerCase(Locale.ROOT))
                    .put("found", finding.found());
            ArrayNode problems = check.putArray("problems");
            for (Problem problem : finding.problems()) {
                ArrayNode sql = problems.addObject()
                        .put("what", problem.what())
                        .put("remedy", problem.remedy())
                        .putArray("sql");
                problem.sql().forEach(sql::add);
            }
        }
        return report.toPrettyString();
    }

    void print(PrintWriter out) {
        for (Finding finding : findings) {
            var lines = new ArrayList<String>();
            if (!finding.found().isEmpty()) {
                lines.addAll(wrapped(finding.found()));
            }
            finding.problems().forEach(problem -> lines.addAll(lines(problem)));
            out.printf(
                    "  %-8s  %-14s%s%n",
                    word(finding.status()), finding.check(), lines.isEmpty() ? "" : lines.getFirst());
            lines.stream().skip(1).forEach(line -> out.println((INDENT + line).stripTrailing()));
        }
        out.printf(
                "%n%s: %d ok, %d with warnings, %d failed, %d skipped (%.1f s)%n",
                isWell() ? "Nothing keeps Freshet from running" : "Freshet cannot run yet",
                count(Status.OK),
                count(Status.WARNING),
                count(Status.FAILED),
                count(Status.SKIPPED),
                tookMs / 1_000.0);
    }

    /** What failed must be seen at a glance, without colours too. */
    private static String word(Status status) {
        return switch (status) {
            case OK -> "ok";
            case WARNING -> "warning";
            case FAILED -> "FAILED";
            case SKIPPED -> "skipped";
        };
    }

    private static List<String> lines(Problem problem) {
        var lines = new ArrayList<>(wrapped(problem.what()));
        String end = problem.sql().isEmpty() ? "." : ":";
        if (!problem.remedy().isEmpty()) {
            lines.addAll(wrapped("-> " + problem.remedy() + end));
        }
        problem.sql().forEach(sql -> lines.add("     " + sql));
        return lines;
    }

    private static List<String> wrapped(String text) {
        var lines = new ArrayList<String>();
        for (String paragraph : text.lines().toList()) {
            String rest = paragraph;
            while (rest.length() > WIDTH) {
                int space = rest.lastIndexOf(' ', WIDTH);
                int end = space > WIDTH / 2 ? space : rest.indexOf(' ', WIDTH);
                if (end < 0) {
                    break;
                }
                lines.add(rest.substring(0, end));
                rest = rest.substring(end + 1);
            }
            lines.add(rest);
        }
        return lines;
    }
}
