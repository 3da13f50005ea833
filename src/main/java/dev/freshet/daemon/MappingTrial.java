package dev.freshet.daemon;

import dev.freshet.change.SourcePosition;
import dev.freshet.change.Version;
import dev.freshet.diagnosis.Problem;
import dev.freshet.document.Mapping;
import dev.freshet.document.Outcome;
import dev.freshet.source.PostgresDatabase;
import dev.freshet.source.RowReader;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * What the mappings make of the first rows of their tables. Templates and filters do not declare types, so that one which
 * does not suit its columns shows only here.
 *
 * @param found how many rows become documents
 * @param failures mappings that can make nothing of any row
 * @param warnings mappings that cannot make documents of some
 */
record MappingTrial(List<String> found, List<Problem> failures, List<Problem> warnings) {

    private static final int ROWS = 20;
    private static final long BYTES = 1 << 20;

    static MappingTrial of(Tables tables, PostgresDatabase database) {
        var trial = new MappingTrial(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        var reader = new RowReader(database);
        tables.tables().forEach((id, table) -> {
            List<RowReader.KeyedRow> rows = reader.page(table, null, ROWS, BYTES);
            tables.mappingsOf(id).forEach(mapping -> trial.make(mapping, rows));
        });
        return trial;
    }

    private void make(Mapping mapping, List<RowReader.KeyedRow> rows) {
        var nowhere = new SourcePosition("freshet", Version.NONE, Instant.EPOCH, null);
        int made = 0;
        var rejected = new ArrayList<Outcome.Rejected>();
        for (RowReader.KeyedRow row : rows) {
            switch (mapping.map(row.key(), row.row(), nowhere)) {
                case Outcome.Made ignored -> made++;
                case Outcome.NotMember ignored -> {}
                case Outcome.Rejected no -> rejected.add(no);
            }
        }
        found.add("%s: %d of the first %d rows become documents".formatted(mapping.name(), made, rows.size()));
        if (!rejected.isEmpty()) {
            Problem problem = Problem.of(
                    "mapping %s cannot make documents of %d of the first %d rows: %s: %s"
                            .formatted(
                                    mapping.name(),
                                    rejected.size(),
                                    rows.size(),
                                    rejected.getFirst().stage(),
                                    rejected.getFirst().reason()),
                    "Look at a row with freshet preview " + mapping.table());
            (rejected.size() == rows.size() ? failures : warnings).add(problem);
        }
    }
}
