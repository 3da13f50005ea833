package dev.freshet.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freshet.config.ConfigLoader;
import dev.freshet.embed.ServiceDouble;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * C6: load at four fifths of what the machine can do, for minutes: the heap after a collection, the threads and the open
 * files of Freshet's process stay where they are, and the log that is not confirmed yet stays small. Run with {@code mvn
 * verify -Psoak -Dtest=LoadSoakTest -Dfreshet.soak.minutes=30}.
 */
@Tag("soak")
final class LoadSoakTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int ROWS = 1_000;
    private static final int BURST = 3_000;
    private static final double SHARE = 0.8;
    private static final Duration SAMPLE_EVERY = Duration.ofSeconds(15);
    private static final long MOST_LAG_BYTES = 64L << 20;

    /** How Freshet's process stands. */
    private record Sample(long second, long heapBytes, long threads, long files, long lagBytes, long lagMs) {}

    @TempDir
    private Path folder;

    private final HttpClient http = HttpClient.newHttpClient();
    private final SplittableRandom random = new SplittableRandom(20_261_125);

    @Test
    void nothingGrowsUnderLoad() throws Exception {
        var time = Duration.ofMinutes(Integer.getInteger("freshet.soak.minutes", 30));
        String url = SharedDatabase.newDatabase();
        Playground.create(url);
        var samples = new ArrayList<Sample>();
        try (var embedder = new ServiceDouble();
                Connection connection = DriverManager.getConnection(url, "postgres", "")) {
            fill(connection);
            String address = "http://127.0.0.1:" + freePort();
            Path configuration = configuration(url, embedder, address);
            try (var freshet = new FreshetProcess(configuration)) {
                freshet.start();
                awaitMark(connection, address, 1);
                // Twice, since the first is also a warming up.
                burst(connection, address, 2);
                double perSecond = SHARE * burst(connection, address, 3);
                System.out.printf("soak minutes=%d updates_per_second=%.0f%n", time.toMinutes(), perSecond);
                long start = System.nanoTime();
                long sampled = start;
                long updates = 0;
                while (System.nanoTime() - start < time.toNanos()) {
                    update(connection);
                    updates++;
                    long due = start + (long) (updates / perSecond * 1e9);
                    LockSupport.parkNanos(Math.max(0, due - System.nanoTime()));
                    if (System.nanoTime() - sampled > SAMPLE_EVERY.toNanos()) {
                        embedder.forget();
                        sampled = System.nanoTime();
                        samples.add(sample(freshet, address, (sampled - start) / 1_000_000_000));
                        System.out.println("soak " + samples.getLast());
                    }
                }
                System.out.printf("soak updates=%d%n", updates);
                awaitMark(connection, address, 4);
                assertThat(freshet.stop(Duration.ofSeconds(30))).isTrue();
            }
            try (Daemon daemon = Daemon.start(ConfigLoader.load(configuration, Map.of()))) {
                Convergence.assertConverged(daemon);
            }
        }
        assertFlat(samples);
    }

    /** The middle third of the time against the last. */
    private static void assertFlat(List<Sample> samples) {
        assertThat(samples).hasSizeGreaterThan(5);
        List<Sample> middle = samples.subList(samples.size() / 3, samples.size() * 2 / 3);
        List<Sample> last = samples.subList(samples.size() * 2 / 3, samples.size());
        assertThat(median(last, Sample::heapBytes)).isLessThan(median(middle, Sample::heapBytes) * 11 / 10 + (4 << 20));
        assertThat(median(last, Sample::threads)).isLessThanOrEqualTo(median(middle, Sample::threads) + 3);
        assertThat(median(last, Sample::files)).isLessThan(median(middle, Sample::files) * 5 / 4 + 20);
        assertThat(samples).allMatch(sample -> sample.lagBytes() < MOST_LAG_BYTES);
    }

    private static long median(List<Sample> samples, ToLongFunction<Sample> value) {
        return samples.stream()
                .mapToLong(value)
                .sorted()
                .skip(samples.size() / 2)
                .findFirst()
                .orElseThrow();
    }

    private Path configuration(String url, ServiceDouble embedder, String address) throws IOException {
        String name = url.replaceAll(".*/", "");
        String text = Playground.configuration(url, name, folder.resolve("state"))
                .replace(
                        "http: {port: 0}", "http: {port: " + URI.create(address).getPort() + "}");
        return Files.writeString(folder.resolve("freshet.yaml"), text + """
                embedding:
                  provider: openai
                  model: some-model
                  remote: {baseUrl: "%s", apiKey: sk-none}
                """.formatted(embedder.openAiUrl()));
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private void fill(Connection connection) throws SQLException {
        try (PreparedStatement insert =
                connection.prepareStatement("INSERT INTO articles VALUES (?, 'title', ?, 'x', 't1', 0)")) {
            for (int i = 0; i < ROWS; i++) {
                insert.setLong(1, i);
                insert.setString(2, body());
                insert.executeUpdate();
            }
        }
    }

    private String body() {
        var text = new StringBuilder();
        for (int paragraph = 0; paragraph < 3; paragraph++) {
            for (int word = 0; word < 40; word++) {
                text.append("word").append(random.nextInt(5_000)).append(' ');
            }
            text.append("\n\n");
        }
        return text.toString();
    }

    /** A new text, or only a new category. */
    private void update(Connection connection) throws SQLException {
        boolean text = random.nextInt(10) < 6;
        String sql = text
                ? "UPDATE articles SET body = ?, views = views + 1 WHERE id = ?"
                : "UPDATE articles SET category = ? WHERE id = ?";
        try (PreparedStatement update = connection.prepareStatement(sql)) {
            update.setString(1, text ? body() : "c" + random.nextInt(100));
            update.setLong(2, random.nextLong(ROWS));
            update.executeUpdate();
        }
    }

    /** How many updates a second get through when they come as fast as they can. */
    private double burst(Connection connection, String address, int number) throws SQLException {
        long start = System.nanoTime();
        for (int i = 0; i < BURST; i++) {
            update(connection);
        }
        awaitMark(connection, address, number);
        return BURST / ((System.nanoTime() - start) / 1e9);
    }

    /** Waits until a row that is written now is found. */
    private void awaitMark(Connection connection, String address, int number) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(
                    "INSERT INTO articles VALUES (-%d, 'soakmark%d', 'here', 'x', 't1', 0)".formatted(number, number));
        }
        await().atMost(Duration.ofMinutes(3))
                .pollInterval(Duration.ofMillis(50))
                .ignoreExceptions()
                .until(() -> {
                    JsonNode hits = get(address + "/v1/search?mode=lexical&collection=help&q=soakmark" + number)
                            .path("hits");
                    return !hits.isEmpty()
                            && get(address + "/v1/status")
                                            .path("backlog")
                                            .path("live")
                                            .intValue()
                                    == 0;
                });
    }

    private JsonNode get(String address) throws IOException, InterruptedException {
        return JSON.readTree(
                http.send(HttpRequest.newBuilder(URI.create(address)).build(), BodyHandlers.ofString())
                        .body());
    }

    private Sample sample(FreshetProcess freshet, String address, long second)
            throws IOException, InterruptedException {
        JsonNode source = get(address + "/v1/status").path("source");
        Path process = Path.of("/proc", Long.toString(freshet.pid()));
        long files;
        try (Stream<Path> open = Files.list(process.resolve("fd"))) {
            files = open.count();
        }
        return new Sample(
                second,
                heapAfterCollection(freshet.pid()),
                Files.readAllLines(process.resolve("status")).stream()
                        .filter(line -> line.startsWith("Threads:"))
                        .mapToLong(line -> Long.parseLong(line.substring(8).strip()))
                        .findFirst()
                        .orElseThrow(),
                files,
                source.path("lagBytes").asLong(),
                source.path("lagMs").asLong());
    }

    /** Bytes of what lives; the command collects first. */
    private static long heapAfterCollection(long pid) throws IOException, InterruptedException {
        Process command = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                        Long.toString(pid),
                        "GC.class_histogram")
                .redirectErrorStream(true)
                .start();
        String said = new String(command.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(command.waitFor()).as(said).isZero();
        String total = said.substring(said.lastIndexOf("Total")).strip();
        return Long.parseLong(total.split("\\s+")[2]);
    }
}
