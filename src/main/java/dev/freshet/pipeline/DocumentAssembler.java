package dev.freshet.pipeline;

import dev.freshet.change.ChangeEvent.RowDeleted;
import dev.freshet.change.ChangeEvent.RowUpserted;
import dev.freshet.change.Row;
import dev.freshet.change.RowKey;
import dev.freshet.change.TableId;
import dev.freshet.document.Document;
import dev.freshet.document.Outcome;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Turns work into what the index should hold of each document, reading back the values that the log did not carry. */
final class DocumentAssembler {

    /** What should become of a document. */
    sealed interface Assembled {

        Work work();

        /** The index should hold this. */
        record Present(Work work, Document document) implements Assembled {}

        /** The index should not hold it. */
        record Absent(Work work) implements Assembled {}

        /** The row is gone already; the log will say so, and there is nothing to do until then. */
        record Gone(Work work) implements Assembled {}

        /** Its mapping is paused; all rows are read when that is over, and there is nothing to do until then. */
        record Paused(Work work) implements Assembled {}

        /** It cannot be made; the index keeps what it has. */
        record Failed(Work work, String stage, String errorClass, String error) implements Assembled {}
    }

    /** What was read back, and why a row could not be. */
    private record Found(Map<RowKey, Row> rows, Map<RowKey, RuntimeException> refused) {}

    private final Schema schema;
    private final Guard guard;

    /** Reads back by the tables as they are now, behind the guard. */
    DocumentAssembler(Schema schema, Guard guard) {
        this.schema = schema;
        this.guard = guard;
    }

    /** One answer for each work, in order. */
    List<Assembled> assemble(List<Work> works) {
        Map<TableId, Found> lookedUp = lookUp(works);
        var assembled = new ArrayList<Assembled>(works.size());
        for (Work work : works) {
            assembled.add(
                    switch (work.event()) {
                        case RowDeleted ignored -> new Assembled.Absent(work);
                        case RowUpserted upserted ->
                            unlessPaused(assemble(work, upserted, lookedUp.get(upserted.table())));
                    });
        }
        return assembled;
    }

    /** Asked last: the look-ups, and what a mapping rejects, may be the first to show that the table was altered. */
    private Assembled unlessPaused(Assembled assembled) {
        Work work = assembled.work();
        TableId table = work.event().table();
        if (assembled instanceof Assembled.Failed && schema.isDoubtful(table)) {
            guard.call(() -> {
                schema.look(table);
                return true;
            });
        }
        return isPaused(work) ? new Assembled.Paused(work) : assembled;
    }

    private boolean isPaused(Work work) {
        return schema.isPaused(work.target().mapping().name());
    }

    private static Assembled assemble(Work work, RowUpserted event, @Nullable Found lookedUp) {
        RowUpserted complete = event;
        if (work.target().mapping().lacksColumns(event.row())) {
            if (lookedUp == null) {
                // It was paused a moment ago, so that all rows are going to be read.
                return new Assembled.Paused(work);
            }
            RuntimeException refused = lookedUp.refused().get(event.key());
            if (refused != null) {
                return new Assembled.Failed(
                        work, "lookup", refused.getClass().getName(), String.valueOf(refused.getMessage()));
            }
            Row current = lookedUp.rows().get(event.key());
            if (current == null) {
                return new Assembled.Gone(work);
            }
            complete = completed(event, current);
        }
        try {
            return switch (work.target().mapping().apply(complete)) {
                case Outcome.Made made -> new Assembled.Present(work, made.document());
                case Outcome.NotMember ignored -> new Assembled.Absent(work);
                case Outcome.Rejected rejected ->
                    new Assembled.Failed(work, rejected.stage(), "Rejected", rejected.reason());
            };
        } catch (RuntimeException | StackOverflowError e) {
            // One row must not hold up all others for ever, whatever is wrong with it.
            return new Assembled.Failed(work, "map", e.getClass().getName(), e.toString());
        }
    }

    private static RowUpserted completed(RowUpserted event, Row current) {
        return new RowUpserted(
                event.table(),
                event.key(),
                event.row().completedFrom(current),
                event.origin(),
                event.position(),
                event.traceparent());
    }

    private Map<TableId, Found> lookUp(List<Work> works) {
        var wanted = new HashMap<TableId, Set<RowKey>>();
        var transactions = new HashSet<String>();
        for (Work work : works) {
            if (work.event() instanceof RowUpserted upserted
                    && !isPaused(work)
                    && work.target().mapping().lacksColumns(upserted.row())) {
                wanted.computeIfAbsent(upserted.table(), table -> new HashSet<>())
                        .add(upserted.key());
                String transaction = upserted.position().transaction();
                if (transaction != null) {
                    transactions.add(transaction);
                }
            }
        }
        return wanted.entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey, entry -> find(entry.getKey(), entry.getValue(), transactions)));
    }

    private Found find(TableId table, Set<RowKey> keys, Set<String> transactions) {
        var found = new Found(new HashMap<>(), new HashMap<>());
        Bisection.call(
                List.copyOf(keys),
                some -> found.rows().putAll(guard.call(() -> schema.rows(table, some, transactions))),
                found.refused()::put);
        return found;
    }
}
