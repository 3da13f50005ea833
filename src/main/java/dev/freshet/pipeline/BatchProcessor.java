package dev.freshet.pipeline;

import dev.freshet.change.ChangeEvent.Origin;
import dev.freshet.change.ChangeEvent.RowDeleted;
import dev.freshet.change.ChangeEvent.RowUpserted;
import dev.freshet.change.Traceparent;
import dev.freshet.change.Version;
import dev.freshet.chunk.Chunk;
import dev.freshet.deadletter.DeadLetter;
import dev.freshet.deadletter.DeadLetters;
import dev.freshet.document.ContentHash;
import dev.freshet.document.Document;
import dev.freshet.document.DocumentKey;
import dev.freshet.embed.Embedder;
import dev.freshet.embed.EmbeddingException;
import dev.freshet.index.DocumentHead;
import dev.freshet.index.DocumentWrite;
import dev.freshet.index.EmbeddedChunk;
import dev.freshet.index.IndexException;
import dev.freshet.index.Provenance;
import dev.freshet.index.Refusal;
import dev.freshet.index.VectorIndex;
import dev.freshet.pipeline.DocumentAssembler.Assembled;
import dev.freshet.telemetry.Meters;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Brings the documents of one batch up to date: assemble, chunk, compare with what the index holds, embed the
 * difference, write. What needs no vectors is written first. Used by several threads; no two of them have the same
 * document at once, except that a backfill batch drops what a live batch has taken over.
 */
final class BatchProcessor {

    /** A document with what has to change for it, compared with the head that it has in the index. */
    private record Planned(
            Work work,
            Document document,
            String payloadHash,
            @Nullable DocumentHead head,
            ChunkDiff diff,
            List<Chunk> chunks,
            Instant at) {

        /** What the chunks that stay rely on. */
        @Nullable String base() {
            return head == null || diff.added().size() == chunks.size() ? null : head.stamp();
        }
    }

    private record Write(Work work, DocumentWrite change) {}

    /** What has to change in one collection: at once, and when there are vectors for it. */
    private record Plan(String collection, List<Write> ready, List<Planned> needVectors) {}

    private final DocumentAssembler assembler;
    private final Embedder embedder;
    private final VectorIndex index;
    private final Guard indexGuard;
    private final DeadLetters deadLetters;
    private final Backlog backlog;
    private final Meters meters;
    private final RecentChanges recent;
    private final Duration window;

    /** Held while documents are checked for being superseded and written, so that nothing comes between. */
    private final Object writing = new Object();

    BatchProcessor(
            DocumentAssembler assembler,
            Embedder embedder,
            VectorIndex index,
            Guard indexGuard,
            DeadLetters deadLetters,
            Backlog backlog,
            Meters meters,
            RecentChanges recent,
            Duration window) {
        this.assembler = assembler;
        this.embedder = embedder;
        this.index = index;
        this.indexGuard = indexGuard;
        this.deadLetters = deadLetters;
        this.backlog = backlog;
        this.meters = meters;
        this.recent = recent;
        this.window = window;
    }

    /** Returns when every document of the batch can be found as it should be, is a dead letter, or waits to be one. */
    void process(Backlog.Batch batch) {
        if (batch.truncation() != null) {
            truncate(batch.truncation());
            return;
        }
        meters.batch(batch.lane().toString(), batch.works().size());
        var byCollection = new LinkedHashMap<String, List<Assembled>>();
        for (Assembled assembled : timed("assemble", () -> assembler.assemble(batch.works()))) {
            byCollection
                    .computeIfAbsent(assembled.work().target().collection(), name -> new ArrayList<>())
                    .add(assembled);
        }
        List<Plan> plans = byCollection.entrySet().stream()
                .map(entry -> plan(batch, entry.getKey(), entry.getValue()))
                .toList();
        // What needs no vectors does not wait for those of the others.
        plans.forEach(plan -> apply(batch, plan.collection(), plan.ready()));
        if (batch.lane() == Lane.LIVE && window.isPositive()) {
            plans.forEach(plan -> coalesce(batch, plan.needVectors()));
        }
        Set<Work> needVectors = plans.stream()
                .flatMap(plan -> plan.needVectors().stream())
                .map(Planned::work)
                .collect(Collectors.toSet());
        if (needVectors.isEmpty() || (batch.lane() == Lane.LIVE && !backlog.mayEmbed(batch, needVectors))) {
            return;
        }
        plans.forEach(plan -> apply(batch, plan.collection(), embed(batch, plan.needVectors())));
    }

    /** Puts off what would be embedded again too soon after it was written. */
    private void coalesce(Backlog.Batch batch, List<Planned> needVectors) {
        var due = new HashMap<Work, Long>();
        Instant now = Instant.now();
        for (Planned planned : needVectors) {
            if (planned.head() != null) {
                Duration left = Duration.between(now, planned.head().indexedAt().plus(window));
                if (left.isPositive()) {
                    // Another writer's clock may be ahead of ours.
                    Duration wait = left.compareTo(window) < 0 ? left : window;
                    due.put(planned.work(), System.nanoTime() + wait.toNanos());
                }
            }
        }
        needVectors.removeIf(planned -> due.containsKey(planned.work()));
        backlog.awaitTime(batch, due);
    }

    private void truncate(Backlog.Truncation truncation) {
        Target target = truncation.target();
        synchronized (writing) {
            long removed = indexGuard.call(
                    () -> index.truncate(target.collection(), target.mapping().name(), truncation.version()));
            deadLetters.clearAll(target.mapping().name());
            meters.documents(target.collection(), "removed", removed);
        }
    }

    private Plan plan(Backlog.Batch batch, String collection, List<Assembled> assembled) {
        // Whoever superseded a backfill batch under way must not compare with an index it is just writing to.
        var heads = new HashMap<DocumentKey, DocumentHead>();
        var ready = new ArrayList<Write>();
        var needVectors = new ArrayList<Planned>();
        for (Assembled each : readHeads(batch, collection, assembled, heads)) {
            switch (each) {
                case Assembled.Present present ->
                    plan(batch, present, heads).ifPresent(planned -> {
                        if (planned.diff().added().isEmpty()) {
                            ready.add(new Write(planned.work(), put(planned, List.of())));
                        } else {
                            needVectors.add(planned);
                        }
                    });
                case Assembled.Absent absent -> removal(absent, heads).ifPresent(ready::add);
                case Assembled.Gone ignored -> {}
                case Assembled.Failed failed ->
                    park(batch, failed.work(), failed.stage(), failed.errorClass(), failed.error());
            }
        }
        return new Plan(collection, ready, needVectors);
    }

    /** Adds what the index holds of the documents; returns those it could be asked for. */
    private List<Assembled> readHeads(
            Backlog.Batch batch, String collection, List<Assembled> assembled, Map<DocumentKey, DocumentHead> heads) {
        var asked = new ArrayList<Assembled>();
        Bisection.call(
                assembled,
                some -> {
                    List<DocumentKey> keys =
                            some.stream().map(each -> each.work().key()).toList();
                    synchronized (writing) {
                        heads.putAll(indexGuard.call(() -> index.heads(collection, keys), e -> isTried(e, some)));
                    }
                    asked.addAll(some);
                },
                (each, e) -> refused(batch, collection, each.work(), e));
        return asked;
    }

    /** What several are too much for is tried with fewer, not again. */
    private static boolean isTried(RuntimeException failure, List<?> together) {
        return together.size() == 1 || !Retries.isTooMuch(failure);
    }

    private Optional<Planned> plan(
            Backlog.Batch batch, Assembled.Present present, Map<DocumentKey, DocumentHead> heads) {
        Work work = present.work();
        Document document = present.document();
        DocumentHead head = heads.get(work.key());
        if (isOlder(document.position().version(), head)) {
            meters.documents(work.target().collection(), "older", 1);
            recent.note(work, "older");
            return Optional.empty();
        }
        List<Chunk> chunks;
        try {
            chunks = timed("chunk", () -> work.target().chunker().chunk(work.key(), document.text()));
        } catch (RuntimeException | StackOverflowError e) {
            // One text must not hold up all others for ever, whatever is wrong with it.
            park(batch, work, "chunk", e.getClass().getName(), e.toString());
            return Optional.empty();
        }
        String payloadHash = ContentHash.payloadHash(document);
        var diff = ChunkDiff.between(head, chunks, payloadHash);
        if (diff.isEmpty() && isRead(work)) {
            meters.reused(diff.reused());
            // What the index holds was committed when it says, not when the backfill read it again.
            meters.documents(work.target().collection(), "unchanged", 1);
            recent.note(work, "unchanged");
            clear(work);
            return Optional.empty();
        }
        return Optional.of(new Planned(work, document, payloadHash, head, diff, chunks, Instant.now()));
    }

    /** Whether the row was read, so that nobody knows when it was changed. */
    private static boolean isRead(Work work) {
        return work.event() instanceof RowUpserted upserted && upserted.origin() != Origin.LIVE;
    }

    private static boolean isOlder(Version version, @Nullable DocumentHead head) {
        return head != null && version.compareTo(head.version()) < 0;
    }

    private Optional<Write> removal(Assembled.Absent absent, Map<DocumentKey, DocumentHead> heads) {
        Work work = absent.work();
        DocumentHead head = heads.get(work.key());
        Version version = work.event().position().version();
        // A deleted row leaves a tombstone, also where there was nothing: another writer may come late with it. Rows
        // that
        // are no members leave none: there may be very many.
        boolean nothing = head == null && !(work.event() instanceof RowDeleted);
        if (nothing || isOlder(version, head)) {
            clear(work);
            return Optional.empty();
        }
        return Optional.of(new Write(
                work, new DocumentWrite.Remove(work.key(), version, work.event().trace())));
    }

    private List<Write> embed(Backlog.Batch batch, List<Planned> planned) {
        List<String> texts = planned.stream()
                .flatMap(each -> each.diff().added().stream())
                .map(Chunk::embeddingText)
                .toList();
        var vectors = embedder.submit(texts, batch.lane().priority()).iterator();
        var writes = new ArrayList<Write>();
        for (Planned each : planned) {
            List<CompletableFuture<float[]>> own =
                    each.diff().added().stream().map(chunk -> vectors.next()).toList();
            try {
                writes.add(new Write(each.work(), put(each, own)));
            } catch (EmbeddingException e) {
                if (e.isTransient()) {
                    throw e;
                }
                park(batch, each.work(), "embed", e);
            }
        }
        return writes;
    }

    private DocumentWrite put(Planned planned, List<CompletableFuture<float[]>> vectors) {
        var added = new ArrayList<EmbeddedChunk>(vectors.size());
        for (int i = 0; i < vectors.size(); i++) {
            added.add(new EmbeddedChunk(planned.diff().added().get(i), await(vectors.get(i))));
        }
        meters.reused(planned.diff().reused());
        Document document = planned.document();
        var rowKey = new LinkedHashMap<String, Object>();
        document.rowKey().columns().forEach((name, value) -> rowKey.put(name, jsonKey(value)));
        var head = new DocumentHead(
                document.key(),
                document.id(),
                document.table(),
                rowKey,
                document.metadata(),
                document.tenant(),
                document.position().version(),
                document.position().committedAt(),
                Instant.now(),
                planned.payloadHash(),
                planned.chunks().stream().map(Chunk::id).toList(),
                provenance(planned));
        return new DocumentWrite.Put(
                head,
                planned.base(),
                added,
                planned.diff().removed(),
                planned.diff().payloadChanged());
    }

    /** To be asked for when the vectors are there. */
    private static Provenance provenance(Planned planned) {
        Work work = planned.work();
        int embedded = planned.diff().added().size();
        return new Provenance(
                work.event().trace(),
                work.event() instanceof RowUpserted upserted ? upserted.origin() : Origin.LIVE,
                work.capturedAt(),
                planned.at(),
                embedded == 0 ? null : Instant.now(),
                embedded);
    }

    private static float[] await(CompletableFuture<float[]> vector) {
        try {
            return vector.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof EmbeddingException failure) {
                throw failure;
            }
            throw new IllegalStateException("the embedder failed", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted while waiting for a vector");
        }
    }

    private static Object jsonKey(Object value) {
        return value instanceof Number || value instanceof Boolean ? value : value.toString();
    }

    private void apply(Backlog.Batch batch, String collection, List<Write> writes) {
        if (writes.isEmpty()) {
            return;
        }
        timed("apply", () -> {
            synchronized (writing) {
                List<Work> wanted =
                        backlog.stillWanted(writes.stream().map(Write::work).toList());
                var chosen = new HashMap<Work, Write>();
                writes.forEach(write -> chosen.put(write.work(), write));
                applyWanted(batch, collection, wanted.stream().map(chosen::get).toList());
            }
            return true;
        });
    }

    private void applyWanted(Backlog.Batch batch, String collection, List<Write> writes) {
        var refused = new HashMap<DocumentKey, Refusal>();
        Bisection.call(
                writes,
                some -> {
                    List<DocumentWrite> changes =
                            some.stream().map(Write::change).toList();
                    Map<DocumentKey, Refusal> late =
                            indexGuard.call(() -> index.apply(collection, changes), e -> isTried(e, some));
                    some.forEach(write ->
                            settled(collection, write, late.get(write.work().key())));
                    refused.putAll(late);
                },
                (write, e) -> refused(batch, collection, write.work(), e));
        refuseMoved(refused);
    }

    private void settled(String collection, Write write, @Nullable Refusal refusal) {
        if (refusal == null) {
            written(collection, write);
        } else if (refusal == Refusal.OLDER) {
            meters.documents(collection, "older", 1);
            recent.note(write.work(), "older");
        }
    }

    /** Somebody else writes the same documents: they are planned anew, on what is there now. */
    private static void refuseMoved(Map<DocumentKey, Refusal> refused) {
        refused.forEach((key, refusal) -> {
            if (refusal == Refusal.MOVED) {
                throw new IndexException(
                        IndexException.Kind.TRANSIENT,
                        "another writer changed document " + key + " at the same time; is a second Freshet running?",
                        null);
            }
        });
    }

    private void written(String collection, Write write) {
        Work work = write.work();
        deadLetters.clear(work.key().mapping(), work.key().row());
        String outcome = write.change() instanceof DocumentWrite.Put ? "written" : "removed";
        meters.documents(collection, outcome, 1);
        recent.note(work, outcome);
        if (!isRead(work)) {
            Traceparent trace = work.event().trace();
            meters.searchable(
                    work.key().mapping(),
                    Duration.between(work.event().position().committedAt(), Instant.now()),
                    trace.traceId(),
                    trace.parentId());
        }
    }

    /** Something is wrong with the document, unless there is no collection any more, which is no document's fault. */
    private void refused(Backlog.Batch batch, String collection, Work work, RuntimeException failure) {
        if (indexGuard.call(() -> index.describe(collection)).isEmpty()) {
            throw new IllegalStateException(
                    "collection " + collection
                            + " is no longer in the index: somebody has removed it. Start Freshet again:"
                            + " it creates the collection and reads every row",
                    failure);
        }
        park(batch, work, "index", failure);
    }

    private void park(Backlog.Batch batch, Work work, String stage, RuntimeException failure) {
        park(batch, work, stage, failure.getClass().getName(), String.valueOf(failure.getMessage()));
    }

    /** Makes it a dead letter; where there is no room for one, the change waits until there is. */
    private void park(Backlog.Batch batch, Work work, String stage, String errorClass, String error) {
        var letter = DeadLetter.of(work.key().mapping(), work.event(), stage, errorClass, error);
        unlessSuperseded(work, () -> {
            long removals = deadLetters.removals();
            if (!deadLetters.park(letter)) {
                backlog.awaitRoom(batch, work, removals);
            }
            meters.error(stage);
            recent.note(work, "parked");
        });
    }

    private void clear(Work work) {
        unlessSuperseded(
                work, () -> deadLetters.clear(work.key().mapping(), work.key().row()));
    }

    /** What a backfill read must not undo what a later live change did to the document's dead letter. */
    private void unlessSuperseded(Work work, Runnable change) {
        synchronized (writing) {
            if (!backlog.stillWanted(List.of(work)).isEmpty()) {
                change.run();
            }
        }
    }

    private <T> T timed(String stage, Supplier<T> part) {
        long start = System.nanoTime();
        T result = part.get();
        meters.stage(stage, Duration.ofNanos(System.nanoTime() - start));
        return result;
    }
}
