package dev.freshet.bench;

import dev.freshet.daemon.Daemon;
import dev.freshet.demo.HelpCentre;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** (b) How many chunks are embedded for an edit of one paragraph of a 20-chunk document, and for a change of metadata. */
final class EditBench {

    private static final int CHUNKS = 20;
    private static final String REPLACEMENT =
            "This paragraph was rewritten: the clerk at the counter now checks the label twice, writes the number of the"
                    + " parcel into the ledger, and calls the customer before the shop closes in the evening.";

    private EditBench() {}

    static void run(Workbench bench, Map<String, Number> results) throws SQLException, InterruptedException {
        bench.say("(b) edits of one paragraph, changes of metadata");
        String url = bench.newDatabase();
        bench.createDocs(url);
        try (Daemon daemon = bench.daemon(url, "markdown", "incremental", config -> new StandInModel().load());
                Connection connection = bench.connect(url)) {
            List<String> paragraphs = paragraphs(daemon, connection);
            double[] edits = new double[paragraphs.size()];
            for (int i = 0; i < edits.length; i++) {
                var edited = new ArrayList<>(paragraphs);
                edited.set(i, REPLACEMENT + " (" + i + ")");
                edits[i] = embeddedBy(daemon, connection, "UPDATE docs SET body = ?", String.join("\n\n", edited));
                write(daemon, connection, "UPDATE docs SET body = ?", String.join("\n\n", paragraphs));
            }
            double metadata = 0;
            for (int i = 0; i < 10; i++) {
                metadata += embeddedBy(daemon, connection, "UPDATE docs SET tag = ?", "tag" + i);
            }
            double mean = Arrays.stream(edits).average().orElseThrow();
            bench.say("    %d edits: mean %.2f, median %.0f, most %.0f embeddings"
                    .formatted(edits.length, mean, Workbench.median(edits), Workbench.quantile(edits, 1)));
            results.put("embeddings_per_edit", mean);
            results.put("embeddings_per_metadata_update", metadata / 10);
        }
    }

    /** Whole paragraphs of the handbook, as many as make 20 chunks, in the table. */
    private static List<String> paragraphs(Daemon daemon, Connection connection)
            throws SQLException, InterruptedException {
        List<String> all = HelpCentre.bodies().stream()
                .flatMap(body -> Arrays.stream(body.split("\n\n")))
                .filter(paragraph ->
                        paragraph.length() > 150 && !paragraph.contains("```") && !paragraph.startsWith("|"))
                .toList();
        write(daemon, connection, "INSERT INTO docs VALUES (1, ?, 'a')", all.getFirst());
        for (int size = 5; size <= all.size(); size++) {
            write(daemon, connection, "UPDATE docs SET body = ?", String.join("\n\n", all.subList(0, size)));
            if (daemon.index().describe("docs").orElseThrow().chunks() >= CHUNKS) {
                return all.subList(0, size);
            }
        }
        throw new IllegalStateException("not enough text for " + CHUNKS + " chunks");
    }

    private static double embeddedBy(Daemon daemon, Connection connection, String sql, String value)
            throws SQLException, InterruptedException {
        long before = daemon.status().chunks().embedded();
        write(daemon, connection, sql, value);
        return daemon.status().chunks().embedded() - before;
    }

    private static void write(Daemon daemon, Connection connection, String sql, String value)
            throws SQLException, InterruptedException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, value);
            statement.executeUpdate();
        }
        daemon.awaitDrained();
    }
}
