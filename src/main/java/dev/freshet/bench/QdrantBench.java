package dev.freshet.bench;

import dev.freshet.config.ConfigLoader;
import dev.freshet.config.FreshetConfig;
import dev.freshet.daemon.Daemon;
import dev.freshet.daemon.Reset;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.EmbeddingModel;
import io.qdrant.client.PointIdFactory;
import io.qdrant.client.QdrantClient;
import io.qdrant.client.QdrantGrpcClient;
import io.qdrant.client.ValueFactory;
import io.qdrant.client.VectorsFactory;
import io.qdrant.client.grpc.Collections.Distance;
import io.qdrant.client.grpc.Collections.VectorParams;
import io.qdrant.client.grpc.Points.PointStruct;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * (f) A backfill into the Qdrant that {@code FRESHET_TEST_QDRANT} names, with the stand-in model and one chunk a row,
 * beside a loop that embeds one text, upserts one point and waits for it, as the direct peer does; same server, same rows.
 * Rounds alternate, medians are compared. What it writes there it removes.
 */
final class QdrantBench {

    private static final int ROWS = 20_000;

    private QdrantBench() {}

    static void run(Workbench bench, boolean quick, Map<String, Number> results)
            throws SQLException, InterruptedException, ExecutionException {
        String server = System.getenv("FRESHET_TEST_QDRANT");
        if (server == null) {
            bench.say("(f) NOT RUN: set FRESHET_TEST_QDRANT=host:port (gRPC) to measure with a Qdrant");
            return;
        }
        bench.say("(f) backfill of %,d rows of one chunk into Qdrant, stand-in model, beside one point per request"
                .formatted(ROWS));
        String url = bench.newDatabase();
        bench.createDocs(url);
        LoopBench.fill(bench, url, ROWS);
        String key = System.getenv("FRESHET_TEST_QDRANT_API_KEY");
        String collection = "freshet-bench-" + UUID.randomUUID();
        FreshetConfig config = configuration(bench, url, server, key, collection);
        int rounds = quick ? 1 : 3;
        double[] loop = new double[rounds];
        double[] peer = new double[rounds];
        try (var client = client(server, key)) {
            // Once for the JIT compiler.
            loop(config, collection);
            oneByOne(client, bench, url);
            for (int round = 0; round < rounds; round++) {
                loop[round] = loop(config, collection);
                peer[round] = oneByOne(client, bench, url);
            }
        }
        try (Reset reset = Reset.open(config, collection)) {
            reset.remove();
        }
        bench.say(
                "    loop %,.0f, one by one %,.0f chunks/s".formatted(Workbench.median(loop), Workbench.median(peer)));
        results.put("qdrant_over_one_by_one", Workbench.median(loop) / Workbench.median(peer));
    }

    private static QdrantClient client(String server, @Nullable String key) {
        var builder = QdrantGrpcClient.newBuilder(host(server), port(server), false);
        if (key != null) {
            builder.withApiKey(key);
        }
        return new QdrantClient(builder.build());
    }

    private static String host(String server) {
        return server.substring(0, server.lastIndexOf(':'));
    }

    private static int port(String server) {
        return Integer.parseInt(server.substring(server.lastIndexOf(':') + 1));
    }

    private static FreshetConfig configuration(
            Workbench bench, String url, String server, @Nullable String key, String collection) {
        String name = url.substring(url.lastIndexOf('/') + 1);
        return ConfigLoader.parse(
                """
                state: %s
                source: {url: "%s", user: postgres, password: none, slot: %s, publication: %s, backfill: none}
                index: {type: qdrant, qdrant: {host: "%s", port: %d%s}}
                collections: {%s: {chunking: {strategy: whole}}}
                mappings:
                  - {table: docs, collection: %s, text: "{{body}}", metadata: [tag]}
                http: {port: 0}
                """.formatted(
                                bench.folder().resolve(name),
                                url,
                                name,
                                name,
                                host(server),
                                port(server),
                                key == null ? "" : ", apiKey: \"${FRESHET_TEST_QDRANT_API_KEY}\"",
                                collection,
                                collection),
                "bench.yaml",
                bench.folder(),
                System.getenv());
    }

    /** From the request to the moment everything is durable, on an empty collection. */
    private static double loop(FreshetConfig config, String collection) throws InterruptedException {
        try (Daemon daemon = Daemon.start(config, model -> new StandInModel().load())) {
            daemon.awaitDrained();
            daemon.index().removeAll(collection, "docs");
            long start = System.nanoTime();
            daemon.reindex(collection, null);
            daemon.awaitDrained();
            double took = (System.nanoTime() - start) / 1e9;
            long documents = daemon.index().describe(collection).orElseThrow().documents();
            if (documents != ROWS) {
                throw new IllegalStateException("indexed " + documents + " instead of " + ROWS + " rows");
            }
            return ROWS / took;
        }
    }

    private static double oneByOne(QdrantClient client, Workbench bench, String url)
            throws SQLException, InterruptedException, ExecutionException {
        String collection = "freshet-bench-peer-" + UUID.randomUUID();
        EmbeddingModel model = new StandInModel();
        List<String> texts = new ArrayList<>();
        try (Connection connection = bench.connect(url);
                var statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT body FROM docs ORDER BY id")) {
            while (rows.next()) {
                texts.add(rows.getString(1));
            }
        }
        client.createCollectionAsync(
                        collection,
                        VectorParams.newBuilder()
                                .setSize(model.dimension())
                                .setDistance(Distance.Cosine)
                                .build())
                .get();
        try {
            long start = System.nanoTime();
            for (int i = 0; i < texts.size(); i++) {
                var vector =
                        model.embed(TextSegment.from(texts.get(i))).content().vector();
                client.upsertAsync(
                                collection,
                                List.of(PointStruct.newBuilder()
                                        .setId(PointIdFactory.id(new UUID(0, i)))
                                        .setVectors(VectorsFactory.vectors(vector))
                                        .putPayload("body", ValueFactory.value(texts.get(i)))
                                        .build()))
                        .get();
            }
            return texts.size() / ((System.nanoTime() - start) / 1e9);
        } finally {
            client.deleteCollectionAsync(collection).get();
        }
    }
}
