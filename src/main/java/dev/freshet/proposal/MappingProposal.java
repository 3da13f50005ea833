package dev.freshet.proposal;

import dev.freshet.change.Row;
import dev.freshet.source.Table;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How a table's rows could become documents.
 *
 * @param title the column that names a row
 * @param bodies the columns that are read, in the table's order
 * @param metadata the columns that a search is limited by
 * @param tenant the column that says whose row it is
 * @param when which rows, as an expression
 * @param markdown whether the texts are written in Markdown
 * @param words how many words a row's text has, about
 */
record MappingProposal(
        Table table,
        @Nullable String title,
        List<String> bodies,
        List<String> metadata,
        @Nullable String tenant,
        @Nullable String when,
        boolean markdown,
        double words) {

    private static final int MOST_BODIES = 4;
    private static final int MOST_METADATA = 12;
    private static final double MARKDOWN_SHARE = 0.2;

    MappingProposal {
        bodies = List.copyOf(bodies);
        metadata = List.copyOf(metadata);
    }

    /** A mapping by the types, names and first values of the columns; empty when no column holds text to be read. */
    static Optional<MappingProposal> of(Table table, List<Row> rows) {
        List<ColumnSample> columns = table.columns().stream()
                .map(column -> ColumnSample.of(column, rows))
                .toList();
        Optional<ColumnSample> title =
                columns.stream().filter(ColumnSample::isTitle).findFirst();
        List<ColumnSample> bodies = columns.stream()
                .filter(column ->
                        column.isProse() && title.filter(column::equals).isEmpty())
                .sorted(Comparator.comparingDouble(ColumnSample::length).reversed())
                .limit(MOST_BODIES)
                .sorted(Comparator.comparingInt(columns::indexOf))
                .toList();
        var texts = new ArrayList<ColumnSample>(bodies);
        title.ifPresent(texts::add);
        if (texts.isEmpty()) {
            return Optional.empty();
        }
        Optional<ColumnSample> tenant =
                columns.stream().filter(ColumnSample::isTenant).findFirst();
        List<String> metadata = columns.stream()
                .filter(column -> !bodies.contains(column)
                        && tenant.filter(column::equals).isEmpty())
                .filter(column -> title.filter(column::equals).isPresent()
                        || (column.isFilter() && !table.key().equals(List.of(column.name()))))
                .filter(column -> column.notDeleted().isEmpty())
                .map(ColumnSample::name)
                .limit(MOST_METADATA)
                .toList();
        return Optional.of(new MappingProposal(
                table,
                title.map(ColumnSample::name).orElse(null),
                bodies.stream().map(ColumnSample::name).toList(),
                metadata,
                tenant.map(ColumnSample::name).orElse(null),
                columns.stream()
                        .map(ColumnSample::notDeleted)
                        .filter(expression -> !expression.isEmpty())
                        .findFirst()
                        .orElse(null),
                bodies.stream().anyMatch(column -> column.markdown() >= MARKDOWN_SHARE),
                texts.stream().mapToDouble(ColumnSample::words).sum()));
    }

    /** Whether there is more to read than names. */
    boolean isWorthwhile() {
        return !bodies.isEmpty();
    }

    /** The title and the bodies. */
    List<String> texts() {
        var texts = new ArrayList<String>();
        if (title != null) {
            texts.add(title);
        }
        texts.addAll(bodies);
        return texts;
    }
}
