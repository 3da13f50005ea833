package dev.freshet.pipeline;

import static dev.freshet.pipeline.Changes.ARTICLES;

import dev.freshet.change.ChangeEvent;
import dev.freshet.change.ChangeEvent.RowChange;
import dev.freshet.change.ChangeEvent.TableTruncated;
import dev.freshet.change.SourcePosition;
import dev.freshet.change.Version;
import dev.freshet.chunk.Tokenizer;
import dev.freshet.config.ByteSize;
import dev.freshet.config.DeadLettersConfig;
import dev.freshet.config.WhenFull;
import dev.freshet.deadletter.DeadLetters;
import dev.freshet.document.DocumentKey;
import dev.freshet.embed.Embedder;
import dev.freshet.embed.HashModel;
import dev.freshet.index.CollectionSpec;
import dev.freshet.index.CollectionState;
import dev.freshet.index.DocumentHead;
import dev.freshet.index.DocumentWrite;
import dev.freshet.index.IndexException;
import dev.freshet.index.IndexQuery;
import dev.freshet.index.Refusal;
import dev.freshet.index.SearchHit;
import dev.freshet.index.StoredDocument;
import dev.freshet.index.Tombstone;
import dev.freshet.index.VectorIndex;
import dev.freshet.source.ChangeBatch;
import dev.freshet.source.PostgresDatabase;
import dev.freshet.source.RowReader;
import dev.freshet.telemetry.Meters;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One or two writers over one index, which do one step at a time, as told. Backlog, intake, processor, embedder and dead
 * letters are the real ones; what {@link Loop} does with them is said again here, beside the methods it stands for,
 * without threads of its own. What each step did is checked after it.
 */
final class LoopModel implements AutoCloseable {

    /**
     * What kind of world.
     *
     * @param writers how many processes read the log and write to the index
     * @param workers how many batches each has under way at most
     * @param durableAtOnce whether the index keeps what was not flushed
     * @param fenced whether the index keeps older versions out
     * @param notedBeforeFlush whether a checkpoint notes what is finished before it flushes
     * @param finer whether taking a batch and reading its heads are two steps
     */
    record Rules(
            int writers, int workers, boolean durableAtOnce, boolean fenced, boolean notedBeforeFlush, boolean finer) {

        /** One writer with two workers and an index that forgets what was not flushed, as the embedded one. */
        static final Rules ALONE = new Rules(1, 2, false, true, true, true);

        /** Two writers on an index that keeps each write, as a server. */
        static final Rules TWO = new Rules(2, 1, true, true, true, false);
    }

    /** What all worlds share because making it takes long. */
    static final class Surroundings implements AutoCloseable {
        private final Meters meters = new Meters();
        private final Embedder embedder = Embedder.of(new HashModel().load(1), meters);
        private final DeadLetters deadLetters;
        private final Guard guard = new Guard("nothing that fails", new CountDownLatch(1), failure -> {});
        private final ExecutorService threads = Executors.newCachedThreadPool();
        private final Target target = Changes.target(ARTICLES, ARTICLES.name(), new GatedTokenizer());

        Surroundings(Path folder) {
            deadLetters = new DeadLetters(
                    folder.resolve("dead-letters.jsonl"), new DeadLettersConfig(new ByteSize(1 << 20), WhenFull.HALT));
        }

        @Override
        public void close() {
            threads.shutdownNow();
            embedder.close();
            deadLetters.close();
            meters.close();
        }
    }

    /** Thrown out of whatever a worker does when its process dies. */
    private static final class Killed extends Error {
        private static final long serialVersionUID = 1;
    }

    /** A worker with a batch: goes on until it stands before its next step. */
    private static final class Job implements Runnable {
        private static final ThreadLocal<@Nullable Job> CURRENT = new ThreadLocal<>();

        private final Writer writer;
        private final Backlog.Batch batch;
        private final Semaphore go = new Semaphore(0);
        private final Semaphore stands = new Semaphore(0);
        private final Map<DocumentKey, @Nullable String> read = new TreeMap<>();
        private List<DocumentWrite> planned = List.of();
        private String at = "start";
        private boolean killed;
        private @Nullable Throwable failure;

        Job(Writer writer, Backlog.Batch batch) {
            this.writer = writer;
            this.batch = batch;
        }

        /** As {@code Loop.process}: again, for as long as what goes wrong passes. */
        @Override
        public void run() {
            CURRENT.set(this);
            try {
                while (!attempt()) {
                    read.clear();
                    planned = List.of();
                    stand("again");
                }
                at = "finished";
            } catch (Killed e) {
                at = "killed";
            } catch (RuntimeException | Error e) {
                failure = e;
                at = "failed";
            } finally {
                CURRENT.remove();
                stands.release();
            }
        }

        private boolean attempt() {
            try {
                writer.processor.process(batch);
                return true;
            } catch (IndexException e) {
                if (!Retries.isTransient(e)) {
                    throw e;
                }
                return false;
            }
        }

        void stand(String before) {
            at = before;
            stands.release();
            go.acquireUninterruptibly();
            if (killed) {
                throw new Killed();
            }
        }

        void go() {
            go.release();
            stands.acquireUninterruptibly();
        }

        void kill() {
            if (!at.equals("finished")) {
                killed = true;
                go();
            }
        }

        /** Whether it holds the lock under which the processor reads and writes. */
        boolean isLocking() {
            return at.equals("heads") || at.equals("apply") || at.equals("truncate");
        }

        @Override
        public String toString() {
            var seen = new StringBuilder();
            read.forEach((key, stamp) ->
                    seen.append(key.row()).append(Objects.equals(stamp, writer.stamp(key)) ? "=" : "!" + stamp(stamp)));
            List<String> events = batch.works().stream()
                    .map(work -> work.event().position().version() + (work.isSuperseded() ? "s" : ""))
                    .toList();
            List<String> writes = planned.stream()
                    .map(write -> write.version()
                            + (write instanceof DocumentWrite.Put put ? put.base() == null ? "w" : "k" : "r"))
                    .toList();
            return at + events + seen + writes + (batch.truncation() == null ? "" : "t");
        }

        private static String stamp(@Nullable String stamp) {
            return stamp == null ? "0" : "1";
        }
    }

    /** A tokenizer before which a worker stands once: between what it read of the index and what it writes. */
    private static final class GatedTokenizer implements Tokenizer {
        @Override
        public int count(String text) {
            Job job = Job.CURRENT.get();
            if (job != null && job.writer.workers > 1 && !job.at.equals("chunk")) {
                job.stand("chunk");
            }
            return Changes.WORDS.count(text);
        }

        @Override
        public int specialTokens() {
            return Changes.WORDS.specialTokens();
        }

        @Override
        public int maxTokens() {
            return Changes.WORDS.maxTokens();
        }

        @Override
        public String fingerprint() {
            return Changes.WORDS.fingerprint();
        }
    }

    /** Before each call of which a worker stands. */
    private record GatedIndex(VectorIndex index) implements VectorIndex {

        @Override
        public Map<DocumentKey, DocumentHead> heads(String collection, Collection<DocumentKey> keys) {
            Job job = Job.CURRENT.get();
            if (job != null && job.writer.finer) {
                job.stand("heads");
            }
            Map<DocumentKey, DocumentHead> heads = index.heads(collection, keys);
            if (job != null) {
                keys.forEach(key -> {
                    DocumentHead head = heads.get(key);
                    job.read.put(key, head == null ? null : head.stamp());
                });
            }
            return heads;
        }

        @Override
        public Map<DocumentKey, Refusal> apply(String collection, List<DocumentWrite> writes) {
            Job job = Job.CURRENT.get();
            if (job != null) {
                job.planned = writes;
                job.stand("apply");
            }
            return index.apply(collection, writes);
        }

        @Override
        public long truncate(String collection, String mapping, Version version) {
            Job job = Job.CURRENT.get();
            if (job != null) {
                job.stand("truncate");
            }
            return index.truncate(collection, mapping, version);
        }

        @Override
        public void flush(@Nullable SourcePosition position) {
            index.flush(position);
        }

        @Override
        public Optional<CollectionState> describe(String collection) {
            return index.describe(collection);
        }

        @Override
        public Optional<StoredDocument> document(String collection, DocumentKey key) {
            return index.document(collection, key);
        }

        @Override
        public Optional<Tombstone> tombstone(String collection, DocumentKey key) {
            return index.tombstone(collection, key);
        }

        @Override
        public void create(String collection, CollectionSpec spec) {
            index.create(collection, spec);
        }

        @Override
        public void drop(String collection) {
            index.drop(collection);
        }

        @Override
        public long removeAll(String collection, String mapping) {
            return index.removeAll(collection, mapping);
        }

        @Override
        public List<SearchHit> search(String collection, IndexQuery query) {
            return index.search(collection, query);
        }

        @Override
        public void scan(String collection, Consumer<StoredDocument> consumer) {
            index.scan(collection, consumer);
        }

        @Override
        public void close() {
            index.close();
        }
    }

    /** A process: all of it but {@code acknowledged} is gone when it dies. */
    private final class Writer {
        private final int workers = rules.workers();
        private final boolean finer = rules.finer();
        private final Backlog backlog = new Backlog(1 << 20, LoopLimits.LIVE_BATCHES);
        private final Intake intake = new Intake();
        private final BatchProcessor processor = new BatchProcessor(
                new DocumentAssembler(
                        new RowReader(new PostgresDatabase("jdbc:postgresql://127.0.0.1:1/none", "nobody", "")),
                        surroundings.guard),
                surroundings.embedder,
                new GatedIndex(index),
                surroundings.guard,
                surroundings.deadLetters,
                backlog,
                surroundings.meters,
                new RecentChanges(),
                Duration.ZERO);
        private final List<Job> jobs = new ArrayList<>();
        private final int readFrom;
        private int acknowledged;
        private int captured;
        private int truncationsWaiting;
        private @Nullable Runnable mark;
        private boolean flushed;

        Writer(int checkpoint) {
            readFrom = checkpoint;
            acknowledged = checkpoint;
            captured = checkpoint;
        }

        List<String> able() {
            var able = new ArrayList<String>();
            boolean locked = jobs.stream().anyMatch(Job::isLocking);
            for (int i = 0; i < jobs.size(); i++) {
                if (!locked || jobs.get(i).isLocking()) {
                    able.add("work " + i);
                }
            }
            if (!locked && jobs.size() < workers && hasWork()) {
                able.add("take");
            }
            if (captured < events.size()) {
                able.add("capture");
            }
            if (mark != null || flushed) {
                able.add(flushed ? "acknowledge" : "flush");
            } else if (intake.toAcknowledge() != null) {
                able.add("checkpoint");
            }
            return able;
        }

        private boolean hasWork() {
            boolean truncating = jobs.stream().anyMatch(job -> job.batch.truncation() != null);
            if (truncating || truncationsWaiting > 0) {
                return !truncating;
            }
            Set<DocumentKey> underWay = new HashSet<>();
            jobs.forEach(job -> job.batch.works().forEach(work -> underWay.add(work.key())));
            return backlog.waitingKeys(Lane.LIVE).stream().anyMatch(key -> !underWay.contains(key));
        }

        void step(String what) throws InterruptedException {
            switch (what) {
                case "capture" -> capture();
                case "take" -> take();
                case "checkpoint" -> checkpoint();
                case "flush" -> flush();
                case "acknowledge" -> acknowledge();
                default -> work(jobs.get(Integer.parseInt(what.substring("work ".length()))));
            }
        }

        /** As {@code Loop.take(Intake, ChangeBatch, int)}. */
        private void capture() throws InterruptedException {
            int number = ++captured;
            ChangeEvent event = events.get(number - 1);
            var batch = new ChangeBatch(List.of(event), count -> acknowledged(number));
            Runnable done = intake.add(batch, 0, 1);
            switch (event) {
                case RowChange change -> backlog.put(new Work(surroundings.target, change, done), Lane.LIVE);
                case TableTruncated truncated -> {
                    backlog.put(new Backlog.Truncation(
                            surroundings.target, truncated.position().version(), done));
                    truncationsWaiting++;
                }
                default -> throw new IllegalArgumentException("not in this world: " + event);
            }
            done.run();
        }

        /** As {@code Loop.work(Lane)}, which then processes; with several workers one document at a time. */
        private void take() throws InterruptedException {
            Backlog.Batch batch = backlog.take(Lane.LIVE, workers == 1 ? 64 : 1, 1 << 20);
            var job = new Job(this, Objects.requireNonNull(batch));
            if (job.batch.truncation() != null) {
                truncationsWaiting--;
            }
            jobs.add(job);
            surroundings.threads.execute(job);
            job.stands.acquireUninterruptibly();
            settle(job);
        }

        private void work(Job job) {
            job.go();
            settle(job);
        }

        private void settle(Job job) {
            if (job.failure != null) {
                throw new AssertionError("a worker failed after " + trace, job.failure);
            }
            if (job.at.equals("finished")) {
                backlog.release(job.batch);
                jobs.remove(job);
            }
        }

        /** The first part of {@code Loop.checkpoint()}; all of it where a flush is nothing. */
        private void checkpoint() {
            if (rules.durableAtOnce()) {
                Objects.requireNonNull(intake.toAcknowledge()).run();
            } else if (rules.notedBeforeFlush()) {
                mark = intake.toAcknowledge();
            } else {
                flush();
            }
        }

        private void flush() {
            index.flush(null);
            flushed = true;
        }

        private void acknowledge() {
            Runnable noted = rules.notedBeforeFlush() ? mark : intake.toAcknowledge();
            Objects.requireNonNull(noted).run();
            mark = null;
            flushed = false;
        }

        private void acknowledged(int number) {
            if (number <= acknowledged) {
                throw new AssertionError(
                        "the checkpoint went back from %d to %d: %s".formatted(acknowledged, number, trace));
            }
            acknowledged = number;
        }

        private @Nullable String stamp(DocumentKey key) {
            DocumentHead head = index.heads(Changes.COLLECTION, List.of(key)).get(key);
            return head == null ? null : head.stamp();
        }

        void kill() {
            List.copyOf(jobs).forEach(Job::kill);
            jobs.clear();
        }

        boolean isDrained() {
            return acknowledged == events.size();
        }

        @Override
        public String toString() {
            SourcePosition done = intake.searchable();
            SourcePosition pending = intake.oldestPending();
            return "%d %d %d %s %d/%s/%s %s%s %s %d"
                    .formatted(
                            readFrom,
                            acknowledged,
                            captured,
                            backlog.waitingKeys(Lane.LIVE),
                            intake.pending(),
                            done == null ? "-" : done.version(),
                            pending == null ? "-" : pending.version(),
                            mark == null ? "-" : "m",
                            flushed ? "f" : "-",
                            jobs,
                            truncationsWaiting);
        }
    }

    private final List<ChangeEvent> events;
    private final Rules rules;
    private final Surroundings surroundings;
    private final MemoryIndex index;
    private final List<Writer> writers = new ArrayList<>();
    private final List<String> trace = new ArrayList<>();
    private boolean crashed;

    LoopModel(List<ChangeEvent> events, Rules rules, Surroundings surroundings) {
        this.events = List.copyOf(events);
        this.rules = rules;
        this.surroundings = surroundings;
        index = new MemoryIndex(rules.durableAtOnce(), rules.fenced());
        for (int i = 0; i < rules.writers(); i++) {
            writers.add(new Writer(0));
        }
    }

    /** What can happen next: the number of a writer and what it does. */
    List<String> able() {
        var able = new ArrayList<String>();
        for (int i = 0; i < writers.size(); i++) {
            for (String step : writers.get(i).able()) {
                able.add(i + " " + step);
            }
        }
        if (!crashed) {
            for (int i = 0; i < writers.size(); i++) {
                able.add(i + " crash");
            }
        }
        return able;
    }

    /** Does it, and checks what came of it. */
    void step(String what) {
        trace.add(what);
        Map<String, MemoryIndex.Entry> before = index.visible();
        int place = what.charAt(0) - '0';
        Writer writer = writers.get(place);
        int checkpoint = writer.acknowledged;
        if (what.endsWith("crash")) {
            crashed = true;
            writer.kill();
            index.crash();
            writers.set(place, new Writer(checkpoint));
        } else {
            try {
                writer.step(what.substring(2));
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            assertForward(before);
        }
        assertNotAhead();
    }

    /** C2: nothing that can be found is replaced by something older, and nothing that was removed comes back older. */
    private void assertForward(Map<String, MemoryIndex.Entry> before) {
        index.visible().forEach((row, entry) -> {
            MemoryIndex.Entry was = before.get(row);
            if (was != null && entry.version().compareTo(was.version()) < 0) {
                throw new AssertionError(
                        "row %s went back from %s to %s: %s".formatted(row, was.version(), entry.version(), trace));
            }
        });
    }

    /** C4: what a crash now would leave holds, of each document, the last event before the checkpoint or a later one. */
    private void assertNotAhead() {
        Map<String, MemoryIndex.Entry> durable = index.durable();
        Version truncated = Objects.requireNonNull(durable.get("all")).version();
        for (Writer writer : writers) {
            lastByRow(writer.acknowledged).forEach((row, event) -> {
                Version wanted = event.position().version();
                MemoryIndex.Entry entry = durable.get(row);
                boolean there = entry != null && entry.version().compareTo(wanted) >= 0;
                boolean nothing = (entry == null || entry.head() == null) && !isPresent(event);
                if (!there && !nothing && truncated.compareTo(wanted) < 0) {
                    throw new AssertionError(
                            "the checkpoint is ahead of row %s at %s: %s".formatted(row, wanted, trace));
                }
            });
        }
    }

    private Map<String, ChangeEvent> lastByRow(int count) {
        var last = new TreeMap<String, ChangeEvent>();
        for (ChangeEvent event : events.subList(0, count)) {
            switch (event) {
                case RowChange change ->
                    last.put(surroundings.target.mapping().key(change.key()).row(), change);
                case TableTruncated truncated -> last.replaceAll((row, earlier) -> truncated);
                default -> throw new IllegalArgumentException("not in this world: " + event);
            }
        }
        return last;
    }

    private static boolean isPresent(ChangeEvent event) {
        return event instanceof ChangeEvent.RowUpserted upserted
                && !"draft".equals(upserted.row().values().get("category"));
    }

    /** Whether every writer is through with the log. */
    boolean isDrained() {
        return writers.stream().allMatch(Writer::isDrained);
    }

    /** C1: what is there is exactly what the log says. */
    void assertSettled() {
        Map<String, MemoryIndex.Entry> found = index.visible();
        lastByRow(events.size()).forEach((row, event) -> {
            MemoryIndex.Entry entry = found.get(row);
            DocumentHead head = entry == null ? null : entry.head();
            if (isPresent(event) != (head != null)
                    || (head != null && !head.version().equals(event.position().version()))) {
                throw new AssertionError("row %s is %s in the end, not as %s: %s".formatted(row, entry, event, trace));
            }
        });
    }

    /** Equal for states from which the same can happen, to whichever of the writers. */
    String state() {
        List<String> each = writers.stream().map(Writer::toString).sorted().toList();
        return crashed + " " + told(index.visible()) + " " + told(index.durable()) + " " + each;
    }

    private static String told(Map<String, MemoryIndex.Entry> rows) {
        var told = new StringBuilder();
        rows.forEach((row, entry) -> told.append(row)
                .append('@')
                .append(entry.version())
                .append(
                        entry.head() == null
                                ? "-"
                                : "+" + entry.head().chunkIds().hashCode())
                .append(' '));
        return told.toString();
    }

    /** Ends the workers. */
    @Override
    public void close() {
        writers.forEach(Writer::kill);
    }
}
