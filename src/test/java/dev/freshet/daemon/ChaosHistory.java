package dev.freshet.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freshet.config.ConfigLoader;
import dev.freshet.embed.ServiceDouble;
import dev.freshet.embed.ServiceDouble.Answer;
import dev.freshet.embed.ServiceDouble.Ask;
import dev.freshet.index.qdrant.QdrantDouble;
import dev.freshet.reconcile.Oracle.Findings;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One random history: a database that changes, Freshet in processes of its own, readers, and one fault after the other,
 * all drawn from a seed. In the end everything is well again, and the running Freshet must come up to date by itself, stop
 * when it is asked to, and leave the index that a build from scratch would.
 */
final class ChaosHistory implements AutoCloseable {

    /** What goes wrong. */
    enum Fault {
        KILL,
        STOP,
        DATABASE_CRASH,
        DATABASE_RESET,
        DATABASE_DROP,
        DATABASE_REFUSE,
        DATABASE_DELAY,
        DATABASE_SILENCE,
        QDRANT_RESET,
        QDRANT_REFUSE,
        QDRANT_DELAY,
        QDRANT_SILENCE,
        QDRANT_ERRORS,
        QDRANT_AWAY,
        EMBEDDER_RESET,
        EMBEDDER_REFUSE,
        EMBEDDER_DELAY,
        EMBEDDER_SILENCE,
        EMBEDDER_ERRORS,
        EMBEDDER_GARBAGE,
        EMBEDDER_SLOW,
        FULL_DISK
    }

    /** Faults after which it takes a minute or more until both sides have noticed, or whose set-up takes long. */
    static final Set<Fault> SLOW =
            EnumSet.of(Fault.DATABASE_SILENCE, Fault.QDRANT_SILENCE, Fault.DATABASE_CRASH, Fault.FULL_DISK);

    /** Where and with what a history runs. */
    enum Scenery {
        LUCENE,
        QDRANT,
        TWO_DAEMONS,
        SMALL_DISK
    }

    /**
     * What a history is made of.
     *
     * @param steps how many times something goes wrong
     * @param faults what may
     */
    record Plan(long seed, Scenery scenery, int steps, Set<Fault> faults) {}

    /** What happened. */
    record Summary(
            Plan plan,
            List<String> faults,
            long transactions,
            long answers,
            long unanswered,
            long documents,
            List<String> endedByItself,
            Duration recovery) {}

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration UP_TO_DATE_WITHIN = Duration.ofSeconds(200);
    private static final Duration STOPS_WITHIN = Duration.ofSeconds(45);

    private final Plan plan;
    private final ChaosDatabase database;
    private final Path folder;
    private final SplittableRandom random;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
    private final String name;
    private final String url;
    private final ServiceDouble embedder = new ServiceDouble();
    private final QdrantDouble qdrant = new QdrantDouble();
    private final TcpProxy databaseProxy;
    private final TcpProxy embedderProxy = new TcpProxy(embedder.port());
    private final TcpProxy qdrantProxy = new TcpProxy(qdrant.port());
    private final AtomicInteger restarts = new AtomicInteger();
    private final Queue<String> endedByItself = new ConcurrentLinkedQueue<>();
    private final List<String> happened = new ArrayList<>();
    private final List<Supervised> daemons = new ArrayList<>();
    private final Path state;
    private boolean mounted;

    /** A process that is started again whenever it has ended, as systemd or Kubernetes do. */
    private final class Supervised implements AutoCloseable {
        private final FreshetProcess process;
        private final String url;
        private final Thread supervisor;
        private volatile boolean wanted = true;
        private volatile boolean ours;

        Supervised(FreshetProcess process, String url) throws IOException {
            this.process = process;
            this.url = url;
            process.start();
            supervisor = Thread.ofPlatform().name("chaos-supervisor").start(this::supervise);
        }

        private void supervise() {
            try {
                while (wanted) {
                    if (!process.isAlive()) {
                        if (!ours) {
                            endedByItself.add(lastWords());
                        }
                        ours = false;
                        restarts.incrementAndGet();
                        process.start();
                    }
                    pause(Duration.ofMillis(100));
                }
            } catch (IOException e) {
                endedByItself.add("it cannot be started: " + e);
            }
        }

        private String lastWords() throws IOException {
            List<String> said = process.said();
            return said.stream()
                    .filter(line -> line.contains("cannot go on") || line.startsWith("freshet: "))
                    .reduce((first, second) -> second)
                    .orElseGet(() -> said.isEmpty() ? "nothing" : said.getLast());
        }

        void kill() throws InterruptedException {
            ours = true;
            restarts.incrementAndGet();
            process.kill();
        }

        boolean stop() throws InterruptedException {
            ours = true;
            restarts.incrementAndGet();
            return process.stop(STOPS_WITHIN);
        }

        boolean stopForGood() throws InterruptedException {
            wanted = false;
            supervisor.join();
            return process.stop(STOPS_WITHIN);
        }

        @Override
        public void close() throws InterruptedException {
            wanted = false;
            supervisor.join();
            process.close();
        }
    }

    ChaosHistory(Plan plan, ChaosDatabase database, Path folder) throws Exception {
        this.plan = plan;
        this.database = database;
        this.folder = folder;
        random = new SplittableRandom(plan.seed());
        databaseProxy = new TcpProxy(database.port());
        name = database.create();
        url = ChaosDatabase.url(database.port(), name);
        state = folder.resolve("state");
        if (plan.scenery() == Scenery.SMALL_DISK) {
            Files.createDirectories(state);
            run("mount", "-t", "tmpfs", "-o", "size=192m", "tmpfs", state.toString());
            mounted = true;
        }
    }

    private static void run(String... command) throws IOException, InterruptedException {
        int status = new ProcessBuilder(command).inheritIO().start().waitFor();
        if (status != 0) {
            throw new IOException(String.join(" ", command) + " ended with status " + status);
        }
    }

    /** Enough to be read for a while beside the first faults. */
    private int rows() {
        return 80 * plan.steps();
    }

    private boolean inQdrant() {
        return plan.scenery() == Scenery.QDRANT || plan.scenery() == Scenery.TWO_DAEMONS;
    }

    private String configuration(String slot, Path folderOfState, int port) {
        String text = Playground.configuration(ChaosDatabase.url(databaseProxy.port(), name), slot, folderOfState)
                .replace("  backfillChunk:", "  heartbeat: 1s\n  backfillChunk:")
                .replace("collections:\n", "collections:\n  anchors: {chunking: {strategy: markdown, size: 128}}\n")
                .replace("http: {port: 0}\n", """
                          - table: anchors
                            collection: anchors
                            text: "# {{name}}\\n\\nrevision r{{revision}}r of {{name}}\\n\\n{{body}}"
                            metadata: [revision, owner]
                        http: {port: %d}
                        embedding:
                          provider: openai
                          model: some-model
                          remote:
                            baseUrl: http://127.0.0.1:%d/v1
                            apiKey: sk-none
                            textsPerRequest: 16
                            timeout: 2s
                            queryTimeout: 1s
                        """.formatted(port, embedderProxy.port()));
        return inQdrant()
                ? text + "index: {type: qdrant, qdrant: {port: " + qdrantProxy.port() + ", timeout: 2s}}\n"
                : text;
    }

    private Path write(String slot, Path folderOfState, int port, String file) throws IOException {
        return Files.writeString(folder.resolve(file), configuration(slot, folderOfState, port));
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static void pause(Duration time) {
        LockSupport.parkNanos(time.toNanos());
    }

    private Duration drawn(long fromMillis, long toMillis) {
        return Duration.ofMillis(random.nextLong(fromMillis, toMillis));
    }

    /** Runs it; throws where a promise was broken. */
    Summary run() throws Exception {
        Playground.create(url);
        try (var playground = new Playground(url, plan.seed())) {
            playground.execute(ChaosLoad.TABLES);
            playground.fillArticles(rows());
        }
        Path configuration = write(name, state, freePort(), "freshet.yaml");
        startDaemons(configuration);
        awaitAnchors();
        List<String> urls = daemons.stream().map(each -> each.url).toList();
        long transactions;
        try (var load = new ChaosLoad(url, plan.seed());
                var reader = new ChaosReader(urls, restarts, !inQdrant(), plan.seed());
                var second = new ChaosReader(urls, restarts, !inQdrant(), plan.seed() + 1)) {
            for (int step = 0; step < plan.steps(); step++) {
                pause(drawn(300, 2_000));
                goWrong();
            }
            pause(drawn(300, 1_000));
            load.close();
            transactions = load.transactions();
            assertThat(load.failure()).as(this::told).isNull();
            long start = System.nanoTime();
            awaitUpToDate();
            var recovery = Duration.ofNanos(System.nanoTime() - start);
            reader.close();
            second.close();
            List<String> findings = Stream.concat(reader.findings().stream(), second.findings().stream())
                    .toList();
            assertThat(findings).as(this::told).isEmpty();
            assertThat(reader.answers()).as(this::told).isPositive();
            for (Supervised daemon : daemons) {
                assertThat(status(daemon).path("deadLetters").asInt(-1))
                        .as(this::told)
                        .isZero();
                assertThat(daemon.stopForGood())
                        .as(() -> "it stops when it is asked to. " + told())
                        .isTrue();
            }
            long documents = assertConverged(configuration);
            return new Summary(
                    plan,
                    List.copyOf(happened),
                    transactions,
                    reader.answers() + second.answers(),
                    reader.failures() + second.failures(),
                    documents,
                    List.copyOf(endedByItself),
                    recovery);
        }
    }

    /** What replays it, and what has happened so far. */
    private String told() {
        return "replay with -Dfreshet.chaos.seed=%d -Dfreshet.chaos.scenery=%s; so far: %s; ended by itself: %s; logs in %s"
                .formatted(plan.seed(), plan.scenery(), happened, endedByItself, folder);
    }

    private void startDaemons(Path configuration) throws Exception {
        var first = new Supervised(new FreshetProcess(configuration), urlIn(configuration));
        daemons.add(first);
        if (plan.scenery() != Scenery.TWO_DAEMONS) {
            return;
        }
        // As when a state folder was copied: both begin with the same checkpoint.
        awaitAnchors();
        awaitStreaming();
        assertThat(first.stopForGood()).isTrue();
        daemons.clear();
        Path copy = folder.resolve("state-2");
        copy(state, copy);
        try (var playground = new Playground(url, 1)) {
            playground.execute("SELECT pg_copy_logical_replication_slot('%s', '%s_2')".formatted(name, name));
        }
        Path other = write(name + "_2", copy, freePort(), "freshet-2.yaml");
        for (Path each : List.of(configuration, other)) {
            daemons.add(new Supervised(new FreshetProcess(each), urlIn(each)));
        }
    }

    private static String urlIn(Path configuration) throws IOException {
        String port = Files.readString(configuration).replaceAll("(?s).*http: \\{port: (\\d+)}.*", "$1");
        return "http://127.0.0.1:" + port;
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> paths = Files.walk(from)) {
            for (Path path : paths.toList()) {
                Path target = to.resolve(from.relativize(path));
                if (Files.isDirectory(path)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(path, target);
                }
            }
        }
    }

    private void awaitAnchors() {
        awaitEach("the anchors are there", daemon -> {
            for (JsonNode backfill : status(daemon).path("backfills")) {
                if (backfill.path("table").textValue().equals("public.anchors")) {
                    return backfill.path("state").textValue().equals("complete");
                }
            }
            return false;
        });
    }

    private void awaitStreaming() {
        awaitEach(
                "it has caught up",
                daemon -> "streaming".equals(status(daemon).path("state").textValue())
                        && status(daemon).path("backlog").path("live").asInt(1) == 0);
    }

    private interface Condition {
        boolean isTrueOf(Supervised daemon) throws IOException, InterruptedException;
    }

    private void awaitEach(String what, Condition condition) {
        long deadline = System.nanoTime() + UP_TO_DATE_WITHIN.toNanos();
        for (Supervised daemon : daemons) {
            while (!isTrue(condition, daemon)) {
                if (System.nanoTime() > deadline) {
                    throw new AssertionError("not within %s s: %s. Status: %s. %s"
                            .formatted(UP_TO_DATE_WITHIN.toSeconds(), what, statusText(daemon), told()));
                }
                pause(Duration.ofMillis(100));
            }
        }
    }

    private static boolean isTrue(Condition condition, Supervised daemon) {
        try {
            return condition.isTrueOf(daemon);
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private String statusText(Supervised daemon) {
        try {
            return status(daemon).toString();
        } catch (IOException | InterruptedException e) {
            return e.toString();
        }
    }

    private JsonNode status(Supervised daemon) throws IOException, InterruptedException {
        return get(daemon.url + "/v1/status");
    }

    private JsonNode get(String address) throws IOException, InterruptedException {
        HttpResponse<String> response = http.send(
                HttpRequest.newBuilder(URI.create(address))
                        .timeout(Duration.ofSeconds(10))
                        .build(),
                BodyHandlers.ofString());
        if (response.statusCode() != 200) {
            throw new IOException("status " + response.statusCode() + ": " + response.body());
        }
        return JSON.readTree(response.body());
    }

    /** One fault, or two at once, for some time. */
    private void goWrong() throws Exception {
        List<Fault> possible = plan.faults().stream().filter(this::isPossible).toList();
        int number = random.nextInt(4) == 0 ? 2 : 1;
        var drawn = EnumSet.noneOf(Fault.class);
        for (int i = 0; i < number; i++) {
            drawn.add(possible.get(random.nextInt(possible.size())));
        }
        Duration time = drawn(100, 3_000);
        happened.add(drawn + " " + time.toMillis() + " ms");
        for (Fault fault : drawn) {
            begin(fault);
        }
        pause(time);
        for (Fault fault : drawn) {
            end(fault);
        }
    }

    private boolean isPossible(Fault fault) {
        if (fault.name().startsWith("QDRANT")) {
            return inQdrant();
        }
        return fault != Fault.FULL_DISK || mounted;
    }

    private void begin(Fault fault) throws Exception {
        switch (fault) {
            case KILL -> daemons.get(random.nextInt(daemons.size())).kill();
            case STOP ->
                assertThat(daemons.get(random.nextInt(daemons.size())).stop())
                        .as(() -> "it stops when it is asked to. " + told())
                        .isTrue();
            case DATABASE_CRASH -> database.crash();
            case DATABASE_RESET -> databaseProxy.reset();
            case DATABASE_DROP -> databaseProxy.drop();
            case DATABASE_REFUSE -> databaseProxy.refuse();
            case DATABASE_DELAY -> databaseProxy.delay(drawn(5, 60));
            case DATABASE_SILENCE -> databaseProxy.silence();
            case QDRANT_RESET -> qdrantProxy.reset();
            case QDRANT_REFUSE -> qdrantProxy.refuse();
            case QDRANT_DELAY -> qdrantProxy.delay(drawn(5, 60));
            case QDRANT_SILENCE -> qdrantProxy.silence();
            case QDRANT_ERRORS -> failInQdrant();
            case QDRANT_AWAY -> qdrant.stop();
            case EMBEDDER_RESET -> embedderProxy.reset();
            case EMBEDDER_REFUSE -> embedderProxy.refuse();
            case EMBEDDER_DELAY -> embedderProxy.delay(drawn(5, 200));
            case EMBEDDER_SILENCE -> embedderProxy.silence();
            case EMBEDDER_ERRORS, EMBEDDER_GARBAGE, EMBEDDER_SLOW -> misbehave(fault);
            case FULL_DISK -> fill();
        }
    }

    private void end(Fault fault) throws IOException {
        switch (fault) {
            // Whatever has ended is started again by its supervisor.
            case KILL, STOP -> {}
            case DATABASE_CRASH -> database.startAgain();
            case DATABASE_RESET, DATABASE_DROP, DATABASE_REFUSE, DATABASE_DELAY, DATABASE_SILENCE ->
                databaseProxy.heal();
            case QDRANT_RESET, QDRANT_REFUSE, QDRANT_DELAY, QDRANT_SILENCE -> qdrantProxy.heal();
            case QDRANT_ERRORS -> qdrant.failNoMore();
            case QDRANT_AWAY -> qdrant.startAgain();
            case EMBEDDER_RESET, EMBEDDER_REFUSE, EMBEDDER_DELAY, EMBEDDER_SILENCE -> embedderProxy.heal();
            case EMBEDDER_ERRORS, EMBEDDER_GARBAGE, EMBEDDER_SLOW -> {
                embedder.does(ServiceDouble::vectors);
                embedder.forget();
            }
            case FULL_DISK -> Files.deleteIfExists(state.resolve("filler"));
        }
    }

    /** Some calls fail before they do anything, some after, and some were only put in a queue. */
    private void failInQdrant() {
        List<String> methods = List.of("updateBatch", "updateBatch", "get", "scroll", "query", "queryBatch");
        int calls = 5 + random.nextInt(25);
        for (int i = 0; i < calls; i++) {
            String method = methods.get(random.nextInt(methods.size()));
            switch (random.nextInt(6)) {
                case 0 -> qdrant.failNext(method, "RESOURCE_EXHAUSTED", Duration.ofSeconds(1));
                case 1 -> qdrant.loseNextAnswer(method);
                case 2 -> qdrant.waitTimeoutNext();
                case 3 -> qdrant.failNext(method, "INTERNAL", Duration.ZERO);
                case 4 -> qdrant.failNext(method, "DEADLINE_EXCEEDED", Duration.ZERO);
                default -> qdrant.failNext(method, "UNAVAILABLE", Duration.ZERO);
            }
        }
    }

    /** All answers of the embedding service are wrong in the same way, or one in three fails. */
    private void misbehave(Fault fault) {
        var requests = new AtomicInteger();
        int how = random.nextInt(6);
        happened.add("how: " + how);
        embedder.does(ask -> switch (fault) {
            case EMBEDDER_SLOW -> ServiceDouble.vectors(ask).after(Duration.ofMillis(how * 700L));
            case EMBEDDER_ERRORS ->
                switch (how) {
                    case 0 -> ServiceDouble.error(500, "internal");
                    case 1 -> ServiceDouble.error(503, "overloaded");
                    case 2 -> ServiceDouble.error(429, "slow down").with("Retry-After", "1");
                    case 3 -> ServiceDouble.error(401, "no such key");
                    default ->
                        requests.getAndIncrement() % 3 == 0
                                ? ServiceDouble.error(500, "internal")
                                : ServiceDouble.vectors(ask);
                };
            default -> garbage(ask, how);
        });
    }

    private static Answer garbage(Ask ask, int how) {
        int texts = ask.texts().size();
        return switch (how) {
            case 0 -> Answer.of(200, "<html>It works!</html>");
            case 1 -> Answer.of(200, "{\"data\": []}");
            case 2 ->
                ServiceDouble.vectors(
                        ask,
                        Stream.generate(() -> new String[] {"NaN"}).limit(texts).toList());
            case 3 ->
                ServiceDouble.vectors(
                        ask,
                        Stream.generate(() -> new float[] {1, 2, 3})
                                .limit(texts)
                                .toList());
            case 4 ->
                ServiceDouble.vectors(
                        ask, Stream.generate(() -> new float[16]).limit(texts).toList());
            default -> ServiceDouble.vectors(ask).breakingOff();
        };
    }

    /** Until nothing more can be written. */
    private void fill() {
        try (OutputStream out = Files.newOutputStream(state.resolve("filler"))) {
            byte[] block = new byte[1 << 16];
            while (true) {
                out.write(block);
            }
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("No space left");
        }
    }

    /** C1 without help: a row that is written now is found in each daemon, and everything before it has arrived. */
    private void awaitUpToDate() throws SQLException {
        try (var playground = new Playground(url, 1)) {
            playground.execute("INSERT INTO articles VALUES (-1, 'thelastmark', 'the end', 'x', 't1', 1)");
        }
        awaitEach("the last change is found", daemon -> {
            JsonNode hits = get(daemon.url + "/v1/search?mode=lexical&collection=help&q=thelastmark")
                    .path("hits");
            for (JsonNode hit : hits) {
                if (hit.path("key").path("id").asInt() == -1) {
                    return true;
                }
            }
            return false;
        });
        awaitStreaming();
    }

    private long assertConverged(Path configuration) throws InterruptedException {
        try (@Nullable Daemon daemon = Daemon.start(ConfigLoader.load(configuration, Map.of()))) {
            assertThat(daemon.awaitDrained()).isTrue();
            Findings findings = daemon.oracle().compare(1);
            assertThat(findings.examples()).as(this::told).isEmpty();
            assertThat(findings.documents()).as(this::told).isGreaterThan(rows());
            assertThat(daemon.status().deadLetters()).as(this::told).isZero();
            return findings.documents();
        }
    }

    @Override
    public void close() throws Exception {
        for (Supervised daemon : daemons) {
            daemon.close();
        }
        databaseProxy.close();
        embedderProxy.close();
        qdrantProxy.close();
        embedder.close();
        qdrant.close();
        http.close();
        database.drop(name);
        if (mounted) {
            run("umount", state.toString());
        }
    }
}
