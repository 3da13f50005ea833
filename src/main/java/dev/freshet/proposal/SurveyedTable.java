package dev.freshet.proposal;

import dev.freshet.change.TableId;
import dev.freshet.diagnosis.Problem;
import dev.freshet.source.PostgresDatabase;
import dev.freshet.source.RowReader;
import dev.freshet.source.SourceException;
import dev.freshet.source.Table;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A table of the database and what could be made of it.
 *
 * @param rows about how many there are
 * @param proposal how its rows could become documents; null when they cannot
 * @param problem why they cannot; null when they can, and when there is merely nothing to read in it
 */
public record SurveyedTable(
        TableId id,
        long rows,
        @Nullable MappingProposal proposal,
        @Nullable Problem problem) {

    private static final int ROWS_READ = 100;
    private static final long BYTES_READ = 512 << 10;

    /** Looks at every table that our role may see; those of the system and of extensions, and partitions, left out. */
    public static List<SurveyedTable> all(PostgresDatabase database) {
        return database.userTables().stream().map(id -> of(database, id)).toList();
    }

    private static SurveyedTable of(PostgresDatabase database, TableId id) {
        long rows = database.estimatedRows(id);
        Table table;
        try {
            table = database.table(id);
        } catch (SourceException e) {
            if (!e.isPermanent()) {
                throw e;
            }
            return new SurveyedTable(id, rows, null, e.problem());
        }
        List<Problem> problems = database.accessProblems(table);
        if (!problems.isEmpty()) {
            return new SurveyedTable(id, rows, null, problems.getFirst());
        }
        List<RowReader.KeyedRow> first = new RowReader(database).page(table, null, ROWS_READ, BYTES_READ);
        MappingProposal proposal = MappingProposal.of(
                        table, first.stream().map(RowReader.KeyedRow::row).toList())
                .orElse(null);
        return new SurveyedTable(id, Math.max(rows, first.size()), proposal, null);
    }

    /** Its name with its schema. */
    public String name() {
        return id.toString();
    }

    /** Whether somebody means it by a name with or without its schema. */
    public boolean isCalled(String name) {
        return id.toString().equals(name) || id.name().equals(name);
    }

    /** Whether its rows can become documents. */
    public boolean canBeMapped() {
        return proposal != null;
    }

    /** Whether they should: there is more to read in it than names. */
    public boolean isWorthwhile() {
        return proposal != null && proposal.isWorthwhile() && rows > 0;
    }

    /** In one line what could be made of it, or why nothing. */
    public String summary() {
        if (proposal != null) {
            return "key " + String.join(", ", proposal.table().key()) + "; text " + String.join(", ", proposal.texts());
        }
        return problem == null
                ? "no text to be read"
                : problem.what().replaceFirst("^table " + Pattern.quote(id.toString()) + " ", "");
    }
}
