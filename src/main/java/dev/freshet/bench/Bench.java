package dev.freshet.bench;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/** The benchmark: every figure is a ratio or a count from one run on one machine. */
public final class Bench {

    private Bench() {}

    /**
     * Measures everything, in an embedded PostgreSQL and a scratch folder of its own.
     *
     * @param parts which parts, of {@code abcdefg}
     * @param quick within 5 minutes on two cores, with smaller samples
     * @param say told what is going on, line by line
     * @return the figures by their names
     */
    public static Map<String, Number> run(String parts, boolean quick, Consumer<String> say) throws Exception {
        var results = new LinkedHashMap<String, Number>();
        try (var bench = new Workbench(say)) {
            if (parts.contains("a")) {
                BackfillBench.run(bench, quick, results);
            }
            if (parts.contains("b")) {
                EditBench.run(bench, results);
            }
            if (parts.contains("c")) {
                FreshnessBench.run(bench, quick, results);
            }
            if (parts.contains("d")) {
                LoopBench.run(bench, quick, results);
            }
            if (parts.contains("e")) {
                MemoryBench.run(bench, results);
            }
            if (parts.contains("f")) {
                QdrantBench.run(bench, quick, results);
            }
            if (parts.contains("g")) {
                RemoteBench.run(bench, quick, results);
            }
        }
        return results;
    }
}
