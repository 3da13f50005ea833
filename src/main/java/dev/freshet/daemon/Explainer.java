package dev.freshet.daemon;

import dev.freshet.change.Row;
import dev.freshet.change.RowKey;
import dev.freshet.change.SourcePosition;
import dev.freshet.change.Traceparent;
import dev.freshet.change.Version;
import dev.freshet.chunk.Chunk;
import dev.freshet.config.Suggestion;
import dev.freshet.daemon.Explanation.Held;
import dev.freshet.daemon.Explanation.HeldChunk;
import dev.freshet.daemon.Explanation.InDatabase;
import dev.freshet.daemon.Explanation.LastChange;
import dev.freshet.daemon.Explanation.Removed;
import dev.freshet.daemon.Explanation.State;
import dev.freshet.deadletter.DeadLetter;
import dev.freshet.deadletter.DeadLetters;
import dev.freshet.document.ContentHash;
import dev.freshet.document.Document;
import dev.freshet.document.DocumentKey;
import dev.freshet.document.Outcome;
import dev.freshet.index.CollectionState;
import dev.freshet.index.DocumentHead;
import dev.freshet.index.IndexException;
import dev.freshet.index.Provenance;
import dev.freshet.index.StoredChunk;
import dev.freshet.index.StoredDocument;
import dev.freshet.index.Tombstone;
import dev.freshet.index.VectorIndex;
import dev.freshet.pipeline.LogBarrier;
import dev.freshet.pipeline.Loop;
import dev.freshet.pipeline.Processed;
import dev.freshet.pipeline.Target;
import dev.freshet.query.InvalidRequest;
import dev.freshet.query.SearchAnswer.CurrentTo;
import dev.freshet.source.PostgresDatabase;
import dev.freshet.source.RowReader;
import dev.freshet.source.SourceException;
import dev.freshet.source.Table;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Compares what the index has of one row with what the row is now, and tells how it came to that. Thread-safe. */
final class Explainer {

    /** What is on its way is awaited for as long, before it is called a difference. */
    private static final Duration PATIENCE = Duration.ofSeconds(3);

    private static final long LOOK_AGAIN_MS = 20;

    private final Tables tables;
    private final RowReader rows;
    private final VectorIndex index;
    private final DeadLetters letters;
    private final Loop loop;
    private final LogBarrier barrier;
    private final Function<List<String>, CurrentTo> currentTo;
    private final Supplier<List<String>> obstacles;

    /**
     * An explainer of what a daemon does.
     *
     * @param database to read the rows from; not one that the loop waits for
     * @param currentTo how current the index is
     * @param obstacles why changes do not get through now
     */
    Explainer(
            Tables tables,
            PostgresDatabase database,
            VectorIndex index,
            DeadLetters letters,
            Loop loop,
            Function<List<String>, CurrentTo> currentTo,
            Supplier<List<String>> obstacles) {
        this.tables = tables;
        this.rows = new RowReader(database);
        this.index = index;
        this.letters = letters;
        this.loop = loop;
        this.barrier = new LogBarrier(loop, database);
        this.currentTo = currentTo;
        this.obstacles = obstacles;
    }

    /** What a row is now. */
    private sealed interface Now {

        record Made(Document document, List<Chunk> chunks) implements Now {}

        record NotMember(String why) implements Now {}

        record Rejected(String why) implements Now {}

        record NoRow() implements Now {}

        record Unreadable(@Nullable Boolean row, String why) implements Now {}
    }

    /** Index and database at about one moment. */
    private record Look(DocumentKey key, @Nullable StoredDocument stored, Now now, List<String> differences) {

        State state() {
            return switch (now) {
                case Now.Made ignored -> stateOfMade();
                case Now.NotMember ignored -> stored == null ? State.NOT_A_MEMBER : State.ORPHANED;
                case Now.NoRow ignored -> stored == null ? State.ABSENT : State.ORPHANED;
                case Now.Rejected ignored -> State.REJECTED;
                case Now.Unreadable ignored -> State.UNKNOWN;
            };
        }

        private State stateOfMade() {
            if (stored == null) {
                return State.MISSING;
            }
            if (!differences.isEmpty()) {
                return State.STALE;
            }
            return missing() > 0 ? State.DAMAGED : State.IN_SYNC;
        }

        int missing() {
            return stored == null
                    ? 0
                    : stored.head().chunkIds().size() - stored.chunks().size();
        }

        boolean mayBeOnItsWay() {
            return switch (state()) {
                case STALE, MISSING, ORPHANED, REJECTED -> true;
                case IN_SYNC, NOT_A_MEMBER, ABSENT, PARKED, DAMAGED, UNKNOWN -> false;
            };
        }
    }

    /**
     * Tells how a document stands. What has been committed and is on its way to the index is given a few seconds to arrive.
     *
     * @param key of the row, as {@link RowKey#text} writes it
     * @throws InvalidRequest if there is no such mapping, or the key cannot be one
     */
    Explanation explain(String mapping, String key) throws InterruptedException {
        Target target = target(mapping);
        RowKey rowKey = key(target.table(), key);
        Look look = look(target, rowKey);
        if (look.mayBeOnItsWay() && letter(look.key()) == null) {
            awaitArrival(target, look.key());
            look = look(target, rowKey);
        }
        return explanation(target, look);
    }

    private Target target(String name) {
        List<Target> all =
                tables.targets().values().stream().flatMap(List::stream).toList();
        return all.stream()
                .filter(target -> target.mapping().name().equals(name))
                .findFirst()
                .orElseThrow(() -> {
                    var names = new TreeSet<String>();
                    all.forEach(target -> names.add(target.mapping().name()));
                    return new InvalidRequest("there is no mapping '%s'%s; there %s %s"
                            .formatted(
                                    name,
                                    Suggestion.nearest(name, names)
                                            .map(near -> " (did you mean '" + near + "'?)")
                                            .orElse(""),
                                    names.size() == 1 ? "is" : "are",
                                    String.join(", ", names)));
                });
    }

    private static RowKey key(Table table, String text) {
        List<String> values = RowKey.values(text, table.key().size());
        if (values.size() != table.key().size()) {
            throw new InvalidRequest(
                    "'%s' is no key of table %s, which has the columns %s: give a value for each, in this order, with commas between (a comma in a value is written \\,)"
                            .formatted(text, table.id(), String.join(", ", table.key())));
        }
        return table.key(values);
    }

    private Look look(Target target, RowKey key) {
        Optional<Map.Entry<RowKey, Row>> found = Optional.empty();
        Now unreadable = null;
        try {
            found = rows.rows(target.table(), List.of(key)).entrySet().stream().findFirst();
        } catch (SourceException e) {
            unreadable = unreadable(target.table(), key, e);
        }
        // The row itself tells how its key is written.
        DocumentKey document = target.mapping().key(found.map(Map.Entry::getKey).orElse(key));
        StoredDocument stored =
                index.document(target.mapping().collection(), document).orElse(null);
        Now now = unreadable != null
                ? unreadable
                : found.map(row -> made(target, row.getKey(), row.getValue())).orElse(new Now.NoRow());
        return new Look(document, stored, now, stored == null ? List.of() : differences(stored.head(), now));
    }

    /** @throws InvalidRequest if not the row is to blame but the key */
    private Now unreadable(Table table, RowKey key, SourceException failure) {
        if (!failure.isPermanent()) {
            return new Now.Unreadable(null, failure.problem().message());
        }
        var keyAlone = new Table(
                table.id(),
                table.columns().stream()
                        .filter(column -> table.key().contains(column.name()))
                        .toList(),
                table.key());
        try {
            return new Now.Unreadable(
                    !rows.rows(keyAlone, List.of(key)).isEmpty(),
                    failure.problem().message());
        } catch (SourceException e) {
            if (e.isPermanent()) {
                throw new InvalidRequest("'%s' is no key of table %s (%s): %s"
                        .formatted(
                                key.text(),
                                table.id(),
                                String.join(", ", table.key()),
                                e.problem().message()));
            }
            return new Now.Unreadable(null, e.problem().message());
        }
    }

    private static Now made(Target target, RowKey key, Row row) {
        var position = new SourcePosition("freshet", Version.NONE, Instant.EPOCH, null);
        try {
            return switch (target.mapping().map(key, row, position)) {
                case Outcome.Made made ->
                    new Now.Made(
                            made.document(),
                            target.chunker()
                                    .chunk(
                                            made.document().key(),
                                            made.document().text()));
                case Outcome.NotMember ignored ->
                    new Now.NotMember("'when' is false with "
                            + target.mapping().membershipColumns().stream()
                                    .map(column -> column + " = " + row.get(column))
                                    .collect(Collectors.joining(", ")));
                case Outcome.Rejected rejected -> new Now.Rejected(rejected.stage() + ": " + rejected.reason());
            };
        } catch (RuntimeException | StackOverflowError e) {
            // The loop makes a dead letter of it.
            return new Now.Rejected(e.toString());
        }
    }

    private static List<String> differences(DocumentHead head, Now now) {
        if (!(now instanceof Now.Made made)) {
            return List.of();
        }
        var differences = new ArrayList<String>();
        Document document = made.document();
        if (!head.payloadHash().equals(ContentHash.payloadHash(document))) {
            if (!head.id().equals(document.id())) {
                differences.add("id");
            }
            if (!Objects.equals(head.tenant(), document.tenant())) {
                differences.add("tenant");
            }
            Set<String> names = new TreeSet<>(head.metadata().keySet());
            names.addAll(document.metadata().keySet());
            names.removeIf(name -> head.metadata().containsKey(name)
                    && document.metadata().containsKey(name)
                    && Objects.equals(
                            head.metadata().get(name), document.metadata().get(name)));
            if (!names.isEmpty() || differences.isEmpty()) {
                differences.add("metadata " + String.join(", ", names));
            }
        }
        List<String> wanted = made.chunks().stream().map(Chunk::id).toList();
        if (!head.chunkIds().equals(wanted)) {
            var kept = new HashSet<>(wanted);
            kept.retainAll(head.chunkIds());
            differences.add(
                    kept.size() == wanted.size()
                                    && wanted.size() == head.chunkIds().size()
                            ? "text: the same chunks in another order"
                            : "text: of %d chunks %d are indexed, and %d of %d in the index are old"
                                    .formatted(
                                            wanted.size(),
                                            kept.size(),
                                            head.chunkIds().size() - kept.size(),
                                            head.chunkIds().size()));
        }
        return differences;
    }

    /** Waits until all that is committed now has arrived and what there is of the document is done, but not for long. */
    private void awaitArrival(Target target, DocumentKey key) throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        try {
            if (!barrier.await(() -> System.nanoTime() > deadline)) {
                return;
            }
        } catch (SourceException e) {
            // The second look says what is wrong with the database.
            return;
        }
        while (loop.isPending(target, key) && System.nanoTime() < deadline) {
            Thread.sleep(LOOK_AGAIN_MS);
        }
    }

    private @Nullable DeadLetter letter(DocumentKey key) {
        return letters.of(key.mapping(), key.row()).orElse(null);
    }

    private Explanation explanation(Target target, Look look) {
        String collection = target.mapping().collection();
        CollectionState built = index.describe(collection)
                .orElseThrow(() ->
                        IndexException.refused("collection '%s' is no longer in the index".formatted(collection)));
        DeadLetter letter = letter(look.key());
        State state = letter == null ? look.state() : State.PARKED;
        boolean pending = loop.isPending(target, look.key());
        return new Explanation(
                1,
                look.key().mapping(),
                target.table().id().toString(),
                look.key().row(),
                collection,
                state,
                letter == null ? why(look) : "%s: %s. %s".formatted(letter.stage(), letter.error(), why(look)),
                advice(state, target, look, pending),
                pending,
                pending ? loop.lastError() : null,
                look.stored() == null ? null : held(look.stored(), look),
                look.stored() == null ? removed(collection, look.key()) : null,
                loop.lastProcessed(look.key()).map(Explainer::lastChange).orElse(null),
                letter,
                inDatabase(look),
                built.spec().model(),
                built.spec().chunker(),
                currentTo.apply(List.of(collection)));
    }

    private static String why(Look look) {
        return switch (look.state()) {
            case IN_SYNC ->
                look.now() instanceof Now.Made made && made.chunks().isEmpty()
                        ? "The index holds what the mapping makes of the row now; its text has nothing to embed, so that no search finds it"
                        : "The index holds what the mapping makes of the row now";
            case STALE -> "The index holds something else than the mapping makes of the row now";
            case MISSING -> "The mapping makes a document of the row, and the index has none";
            case ORPHANED ->
                look.now() instanceof Now.NoRow
                        ? "The row is gone, and the index still holds its document"
                        : "The mapping's 'when' leaves the row out now, and the index still holds its document";
            case NOT_A_MEMBER -> "The mapping's 'when' leaves the row out, and the index has no document of it";
            case ABSENT -> "There is no such row, and the index has no document of it";
            case REJECTED -> "The mapping does not take the row as it is now";
            case DAMAGED ->
                "%d of the document's %d chunks are no longer in the index: somebody else has deleted them"
                        .formatted(
                                look.missing(),
                                Objects.requireNonNull(look.stored())
                                        .head()
                                        .chunkIds()
                                        .size());
            case UNKNOWN, PARKED -> "The row cannot be read now, so that there is nothing to compare with";
        };
    }

    private @Nullable String advice(State state, Target target, Look look, boolean pending) {
        String collection = target.mapping().collection();
        String reindex = "have the rows read again: freshet reindex " + collection + " --table "
                + target.table().id();
        String anew =
                "to build the collection anew, stop Freshet and run: freshet reset " + collection + " --config <file>";
        return switch (state) {
            case IN_SYNC, NOT_A_MEMBER, ABSENT -> null;
            case PARKED ->
                "mend the cause, then: freshet deadletters replay --mapping '%s' --key '%s'"
                        .formatted(look.key().mapping(), look.key().row());
            case UNKNOWN -> "look with freshet doctor --config <file>, and ask again";
            case DAMAGED -> anew;
            case STALE, MISSING, ORPHANED, REJECTED -> {
                List<String> reasons = obstacles.get();
                if (!reasons.isEmpty()) {
                    yield "changes do not get through now: " + String.join("; ", reasons);
                }
                if (pending) {
                    yield "a change of it is on its way: ask again";
                }
                CurrentTo current = currentTo.apply(List.of(collection));
                if (current.paused().contains(target.mapping().name())) {
                    yield "the mapping is paused: freshet status says why, and what to do";
                }
                if (current.backfilling() && state == State.MISSING) {
                    yield "rows that were there before are still being read: ask again when freshet status says that they are";
                }
                yield state == State.REJECTED
                        ? "change the row or the mapping; as it is, the row's next change becomes a dead letter"
                        : reindex;
            }
        };
    }

    private static Held held(StoredDocument stored, Look look) {
        DocumentHead head = stored.head();
        Provenance provenance = head.provenance();
        Set<String> current = look.now() instanceof Now.Made made
                ? made.chunks().stream().map(Chunk::id).collect(Collectors.toSet())
                : null;
        int chunks = head.chunkIds().size();
        return new Held(
                head.id(),
                head.tenant(),
                head.metadata(),
                head.version().toString(),
                head.version().lsn(),
                provenance == null ? null : provenance.trace().toString(),
                provenance == null ? null : provenance.origin().name().toLowerCase(Locale.ROOT),
                head.committedAt(),
                provenance == null ? null : provenance.capturedAt(),
                provenance == null ? null : provenance.preparedAt(),
                provenance == null ? null : provenance.embeddedAt(),
                head.indexedAt(),
                provenance == null ? null : Integer.valueOf(provenance.embedded()),
                provenance == null ? null : Integer.valueOf(chunks - provenance.embedded()),
                look.missing(),
                stored.chunks().stream().map(chunk -> heldChunk(chunk, current)).toList());
    }

    private static HeldChunk heldChunk(StoredChunk chunk, @Nullable Set<String> current) {
        return new HeldChunk(
                chunk.id(),
                chunk.headings(),
                chunk.text(),
                current == null ? null : Boolean.valueOf(current.contains(chunk.id())));
    }

    private @Nullable Removed removed(String collection, DocumentKey key) {
        Tombstone tombstone = index.tombstone(collection, key).orElse(null);
        if (tombstone == null) {
            return null;
        }
        Traceparent trace = tombstone.trace();
        return new Removed(
                tombstone.version().toString(),
                tombstone.version().lsn(),
                tombstone.removedAt(),
                trace == null ? null : trace.toString());
    }

    private static LastChange lastChange(Processed processed) {
        return new LastChange(
                processed.outcome(),
                processed.version().toString(),
                processed.version().lsn(),
                processed.trace().toString(),
                processed.committedAt(),
                processed.capturedAt(),
                processed.at());
    }

    private static InDatabase inDatabase(Look look) {
        return switch (look.now()) {
            case Now.Made made -> new InDatabase(true, true, null, made.chunks().size(), look.differences());
            case Now.NotMember no -> new InDatabase(true, false, no.why(), null, List.of());
            case Now.Rejected no -> new InDatabase(true, false, no.why(), null, List.of());
            case Now.NoRow ignored -> new InDatabase(false, false, null, null, List.of());
            case Now.Unreadable no -> new InDatabase(no.row(), null, no.why(), null, List.of());
        };
    }
}
