package dev.freshet.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freshet.daemon.Daemon;
import dev.freshet.reconcile.Oracle.Findings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** (e) The resident memory of a process of its own, with a heap of 512 MiB, during a backfill of 100,000 rows. */
public final class MemoryBench {

    private static final int ROWS = 100_000;
    private static final String RESULT = "RESULT ";

    private MemoryBench() {}

    static void run(Workbench bench, Map<String, Number> results)
            throws IOException, SQLException, InterruptedException {
        bench.say("(e) backfill of %,d rows in a process with -Xmx512m".formatted(ROWS));
        String url = bench.newDatabase();
        bench.createDocs(url);
        LoopBench.fill(bench, url, ROWS);
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "--enable-native-access=ALL-UNNAMED",
                "--add-modules",
                "jdk.incubator.vector",
                "-Dfreshet.log.level=WARN",
                "-cp",
                System.getProperty("java.class.path"),
                MemoryBench.class.getName(),
                url,
                bench.folder().toString()));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IllegalStateException("the process ended with status " + process.exitValue());
        }
        JsonNode result = new ObjectMapper().readTree(output.substring(output.indexOf(RESULT) + RESULT.length()));
        bench.say("    peak %d MiB; %d documents, %d differences from a build from scratch"
                .formatted(
                        result.get("rss_mib").asLong(),
                        result.get("documents").asLong(),
                        result.get("differences").asLong()));
        results.put("peak_rss_mib", result.get("rss_mib").asLong());
        results.put("oracle_differences", result.get("differences").asLong());
    }

    /** The process that is measured. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        Path folder = Path.of(arguments[1]);
        var config = Workbench.configuration(folder, arguments[0], "whole", "incremental");
        try (Daemon daemon = Daemon.start(config, embedding -> new StandInModel().load())) {
            daemon.awaitDrained();
            long peak = peakResidentMib();
            Findings findings = daemon.oracle().compare(100);
            System.out.printf(
                    "%s{\"rss_mib\": %d, \"documents\": %d, \"differences\": %d}%n",
                    RESULT, peak, findings.documents(), findings.differences());
        }
        System.exit(0);
    }

    /** What the kernel says was the most; only Linux does. */
    private static long peakResidentMib() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.exists(status)) {
            return -1;
        }
        return Files.readAllLines(status).stream()
                .filter(line -> line.startsWith("VmHWM:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) >> 10)
                .findFirst()
                .orElse(-1);
    }
}
