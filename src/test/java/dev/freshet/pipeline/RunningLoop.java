package dev.freshet.pipeline;

import static dev.freshet.pipeline.Changes.ARTICLES;
import static dev.freshet.pipeline.Changes.COLLECTION;
import static dev.freshet.pipeline.Changes.NOTES;
import static org.awaitility.Awaitility.await;

import dev.freshet.change.ChangeEvent;
import dev.freshet.change.RowKey;
import dev.freshet.change.SourcePosition;
import dev.freshet.change.TableId;
import dev.freshet.config.ByteSize;
import dev.freshet.config.DeadLettersConfig;
import dev.freshet.config.WhenFull;
import dev.freshet.deadletter.DeadLetter;
import dev.freshet.deadletter.DeadLetters;
import dev.freshet.document.DocumentKey;
import dev.freshet.embed.Embedder;
import dev.freshet.embed.HashModel;
import dev.freshet.index.CollectionSpec;
import dev.freshet.index.StoredChunk;
import dev.freshet.index.StoredDocument;
import dev.freshet.index.lucene.LuceneIndex;
import dev.freshet.source.ChangeBatch;
import dev.freshet.source.PostgresDatabase;
import dev.freshet.source.RowReader;
import dev.freshet.telemetry.Meters;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** A loop with a real index, a model of hashes, and no database. */
final class RunningLoop implements AutoCloseable {

    static final LoopLimits LIMITS = new LoopLimits(
            1 << 20,
            64,
            64 << 10,
            1,
            64 << 10,
            LoopLimits.BACKFILL_WORKERS,
            Duration.ofMillis(20),
            Duration.ofSeconds(5));

    final HashModel model = new HashModel();
    final RecordingIndex index;
    final DeadLetters deadLetters;
    final Loop loop;
    final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final Meters meters = new Meters();
    private final Embedder embedder = Embedder.of(model.load(3), meters);

    RunningLoop(Path folder) {
        this(folder, LIMITS);
    }

    RunningLoop(Path folder, LoopLimits limits) {
        this(folder, limits, new DeadLettersConfig(new ByteSize(1 << 20), WhenFull.HALT));
    }

    RunningLoop(Path folder, LoopLimits limits, DeadLettersConfig letters) {
        this(folder, limits, letters, LoopPolicy.DEFAULT);
    }

    RunningLoop(Path folder, LoopLimits limits, DeadLettersConfig letters, LoopPolicy policy) {
        index = new RecordingIndex(new LuceneIndex(folder.resolve("index")));
        index.create(COLLECTION, new CollectionSpec(HashModel.DIMENSION, "hashes", "words", Map.of()));
        deadLetters = new DeadLetters(folder.resolve("dead-letters.jsonl"), letters);
        loop = new Loop(
                Map.of(ARTICLES, List.of(Changes.target(ARTICLES)), NOTES, List.of(Changes.target(NOTES))),
                new RowReader(new PostgresDatabase("jdbc:postgresql://127.0.0.1:1/none", "nobody", "")),
                embedder,
                index,
                deadLetters,
                meters,
                limits,
                policy,
                failures::add);
        loop.start();
    }

    /** Hands over changes as one batch, whose acknowledgements are noted in the index's log. */
    void accept(ChangeEvent... events) throws InterruptedException {
        loop.accept(batch(events));
    }

    ChangeBatch batch(ChangeEvent... events) {
        List<ChangeEvent> all = List.of(events);
        return new ChangeBatch(
                all,
                count -> index.log.add(
                        "durable " + all.get(count - 1).position().version().commit()));
    }

    /** Hands over changes and waits until all of them are durable. */
    void acceptAll(ChangeEvent... events) throws InterruptedException {
        accept(events);
        awaitDrained();
    }

    void awaitDrained() {
        await().pollInterval(Duration.ofMillis(2)).until(() -> loop.isDrained() || !failures.isEmpty());
    }

    /** A page of a backfill of articles. */
    void acceptPage(ChangeEvent.RowUpserted... rows) throws InterruptedException {
        loop.acceptPage(new Loop.PageOfRows() {
            @Override
            public TableId table() {
                return ARTICLES;
            }

            @Override
            public ChangeBatch batch(SourcePosition position, Predicate<RowKey> wanted) {
                return RunningLoop.this.batch(List.of(rows).stream()
                        .filter(row -> wanted.test(row.key()))
                        .map(row -> new ChangeEvent.RowUpserted(
                                row.table(), row.key(), row.row(), row.origin(), position, null))
                        .toArray(ChangeEvent[]::new));
            }
        });
    }

    /** The text of each document that can be found, by its row's key. */
    Map<String, String> articles() {
        return texts(ARTICLES.name());
    }

    Map<String, String> texts(String mapping) {
        var texts = new TreeMap<String, String>();
        index.scan(COLLECTION, stored -> {
            if (stored.head().key().mapping().equals(mapping)) {
                texts.put(stored.head().key().row(), text(stored));
            }
        });
        return texts;
    }

    private static String text(StoredDocument stored) {
        return stored.chunks().stream().map(StoredChunk::text).collect(Collectors.joining());
    }

    StoredDocument stored(DocumentKey key) {
        var found = new ConcurrentLinkedQueue<StoredDocument>();
        index.scan(COLLECTION, stored -> {
            if (stored.head().key().equals(key)) {
                found.add(stored);
            }
        });
        return found.remove();
    }

    Map<String, String> parked() {
        return deadLetters.all().stream().collect(Collectors.toMap(DeadLetter::row, DeadLetter::stage));
    }

    @Override
    public void close() {
        model.slow.release(1_000_000);
        loop.close();
        embedder.close();
        deadLetters.close();
        index.close();
        meters.close();
    }
}
