package dev.freshet.bench;

import ai.onnxruntime.OrtException;
import dev.freshet.chunk.Chunk;
import dev.freshet.chunk.Chunker;
import dev.freshet.chunk.ChunkingSpec;
import dev.freshet.daemon.Daemon;
import dev.freshet.demo.HelpCentre;
import dev.freshet.document.DocumentKey;
import dev.freshet.embed.LoadedModel;
import dev.freshet.embed.MiniLm;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.EmbeddingModel;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

/**
 * (a) A backfill of real texts from end to end, beside the same model on the same chunks in its fastest layout, and
 * beside LangChain4j's {@code embedAll} with its default session on a part of the same chunks, not truncated. Rounds alternate,
 * medians are compared.
 */
final class BackfillBench {

    private static final int WARM_UPS = 15;

    private BackfillBench() {}

    static void run(Workbench bench, boolean quick, Map<String, Number> results)
            throws IOException, SQLException, OrtException, InterruptedException, ExecutionException {
        List<String> texts = editions(HelpCentre.bodies(), quick ? 3 : 6);
        LoadedModel model = MiniLm.load(0);
        var chunker = new Chunker(ChunkingSpec.DEFAULT, model.tokenizer());
        var chunks = new ArrayList<String>();
        for (int i = 0; i < texts.size(); i++) {
            chunker.chunk(new DocumentKey("docs", Integer.toString(i)), texts.get(i)).stream()
                    .map(Chunk::embeddingText)
                    .forEach(chunks::add);
        }
        bench.say("(a) backfill of %d documents in %d chunks, real model".formatted(texts.size(), chunks.size()));
        String url = bench.newDatabase();
        bench.createDocs(url);
        fill(bench, url, texts);
        // For the JIT compiler, which the native baseline does not need: a stand-in does the same in a tenth of the
        // time.
        LoadedModel fast = new LoadedModel(
                new StandInModel(), model.tokenizer(), model.dimension(), model.fingerprint(), model.threads());
        for (int warmUp = 0; warmUp < WARM_UPS; warmUp++) {
            backfill(bench, url, fast, chunks.size());
        }
        raw(model, chunks.subList(0, chunks.size() / 8));
        int rounds = quick ? 2 : 4;
        double[] raw = new double[rounds + 1];
        double[] loop = new double[rounds];
        double[] embedAll = new double[rounds + 1];
        EmbeddingModel defaultSession = MiniLm.defaultSession();
        List<String> some = every(quick ? 6 : 3, chunks);
        raw[0] = raw(model, chunks);
        embedAll[0] = embedAll(defaultSession, some);
        for (int round = 0; round < rounds; round++) {
            loop[round] = backfill(bench, url, model, chunks.size());
            raw[round + 1] = raw(model, chunks);
            embedAll[round + 1] = embedAll(defaultSession, some);
        }
        bench.say("    model %.1f, loop %.1f, embedAll %.1f chunks/s"
                .formatted(Workbench.median(raw), Workbench.median(loop), Workbench.median(embedAll)));
        results.put("backfill_over_model", Workbench.median(loop) / Workbench.median(raw));
        results.put("backfill_over_embed_all", Workbench.median(loop) / Workbench.median(embedAll));
    }

    /** The texts several times over, each time with other words in between, so that no chunk is like another. */
    private static List<String> editions(List<String> texts, int editions) {
        return IntStream.range(0, editions)
                .boxed()
                .flatMap(edition -> texts.stream().map(text -> edition == 0 ? text : edition(text, edition)))
                .toList();
    }

    private static String edition(String text, int edition) {
        return text.replace(" the ", " the " + edition + " ").replace("\n\n", " " + edition + ".\n\n");
    }

    private static void fill(Workbench bench, String url, List<String> texts) throws SQLException {
        try (Connection connection = bench.connect(url);
                PreparedStatement insert = connection.prepareStatement("INSERT INTO docs VALUES (?, ?, 'a')")) {
            for (int i = 0; i < texts.size(); i++) {
                insert.setLong(1, i);
                insert.setString(2, texts.get(i));
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }

    /** One text per call, longest first, as many threads as the model is fastest with; chunks per second. */
    private static double raw(LoadedModel model, List<String> chunks) throws InterruptedException, ExecutionException {
        List<String> sorted = chunks.stream()
                .sorted(Comparator.comparingInt(String::length).reversed())
                .toList();
        long start = System.nanoTime();
        try (var threads = Executors.newFixedThreadPool(model.threads())) {
            var done = new ArrayList<Future<?>>();
            sorted.forEach(text -> done.add(threads.submit(() -> model.model().embed(text))));
            for (Future<?> each : done) {
                each.get();
            }
        }
        return perSecond(chunks.size(), start);
    }

    private static List<String> every(int step, List<String> chunks) {
        return IntStream.range(0, chunks.size() / step)
                .mapToObj(i -> chunks.get(step * i))
                .toList();
    }

    private static double embedAll(EmbeddingModel model, List<String> chunks) {
        List<TextSegment> segments = chunks.stream().map(TextSegment::from).toList();
        model.embed(segments.getFirst());
        long start = System.nanoTime();
        model.embedAll(segments);
        return perSecond(chunks.size(), start);
    }

    /** From the request to the moment everything is durable, on an empty index. */
    private static double backfill(Workbench bench, String url, LoadedModel model, int chunks)
            throws InterruptedException {
        try (Daemon daemon = bench.daemon(url, "markdown", "none", config -> model)) {
            daemon.index().removeAll("docs", "docs");
            long start = System.nanoTime();
            daemon.reindex("docs", null);
            daemon.awaitDrained();
            double speed = perSecond(chunks, start);
            long embedded = daemon.status().chunks().embedded();
            if (embedded != chunks) {
                throw new IllegalStateException("embedded " + embedded + " instead of " + chunks + " chunks");
            }
            return speed;
        }
    }

    private static double perSecond(int chunks, long start) {
        return chunks / ((System.nanoTime() - start) / 1e9);
    }
}
