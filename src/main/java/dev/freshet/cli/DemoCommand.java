package dev.freshet.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freshet.config.ConfigLoader;
import dev.freshet.config.FreshetConfig;
import dev.freshet.daemon.Daemon;
import dev.freshet.demo.EmbeddedDatabase;
import dev.freshet.demo.HelpCentre;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code freshet demo}: a database, its content and a daemon, to watch and to try. */
@Command(
        name = "demo",
        description = {
            "Starts an embedded PostgreSQL with a help centre's knowledge base, keeps it searchable, and shows what to try.",
            "Goes on where it was when it is started again."
        },
        mixinStandardHelpOptions = true,
        subcommands = DemoSqlCommand.class)
final class DemoCommand implements Callable<Integer> {

    private static final String URL_FILE = "jdbc-url";

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--port",
            paramLabel = "<port>",
            description = "where to answer HTTP; 0 for any free port (default: ${DEFAULT-VALUE})",
            defaultValue = "7070")
    private int port = 7070;

    @Option(
            names = "--state",
            paramLabel = "<folder>",
            description = "where the database and the index are kept (default: ${DEFAULT-VALUE})",
            defaultValue = "${sys:user.home}/.freshet/demo")
    private Path state = Path.of(".");

    @Option(names = "--reset", description = "remove what an earlier demo left in the folder, and start afresh")
    private boolean reset;

    @Override
    public Integer call() throws Exception {
        PrintWriter out = spec.commandLine().getOut();
        if (reset) {
            remove(state);
        }
        try {
            Files.createDirectories(state);
        } catch (IOException e) {
            throw new CommandFailure("the folder " + state + " cannot be used: " + e + ". Name another with --state");
        }
        out.println("Starting PostgreSQL …");
        out.flush();
        try (EmbeddedDatabase database = EmbeddedDatabase.start(state.resolve("postgresql"), rememberedPort())) {
            Files.writeString(state.resolve(URL_FILE), database.jdbcUrl());
            HelpCentre.fill(database.jdbcUrl(), database.user());
            try (Daemon daemon = Daemon.start(config(database))) {
                serve(daemon, database, out);
            }
        }
        return 0;
    }

    private void serve(Daemon daemon, EmbeddedDatabase database, PrintWriter out) throws Exception {
        Thread command = Thread.currentThread();
        var stopped = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(command, stopped), "freshet-shutdown"));
        try {
            Client client = new Client(daemon.url());
            JsonNode status = BackfillProgress.show("Indexing", () -> client.get("/v1/status"), tables(client));
            JsonNode help = status.path("collections").path("help");
            out.printf(
                    "%n%,d documents in %,d chunks are searchable at %s and stay so.%n",
                    help.path("documents").asLong(), help.path("chunks").asLong(), daemon.url());
            out.println(whatToTry(daemon, database));
            out.flush();
            daemon.ended().get();
        } catch (InterruptedException e) {
            out.println("Stopping …");
            out.flush();
        } finally {
            daemon.close();
            database.close();
            stopped.countDown();
        }
    }

    /** On Ctrl-C the command's own thread closes everything; the JVM must wait for it. */
    private static void stop(Thread command, CountDownLatch stopped) {
        command.interrupt();
        try {
            stopped.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Set<String> tables(Client client) throws InterruptedException {
        var tables = new HashSet<String>();
        client.get("/v1/status")
                .path("backfills")
                .forEach(each -> tables.add(each.path("table").asText()));
        return tables;
    }

    private String whatToTry(Daemon daemon, EmbeddedDatabase database) {
        String url = daemon.url().equals(Client.DEFAULT_URL) ? "" : " --url " + daemon.url();
        String folder = spec.commandLine().getParseResult().hasMatchedOption("--state") ? " --state " + state : "";
        return """

                Try, in another terminal:

                  1. Search:          ./freshet search "how long does a refund take"%s
                  2. Change a row:    ./freshet demo sql%s "update articles set body = replace(body, '5-10 business days', \
                '90 seconds, by carrier pigeon'), updated_at = now() where title like 'Where is the refund%%'"
                  3. Search again:    ./freshet search "how long does a refund take"%s

                The database is %s (user %s, no password); tables articles, translations, handbooks.
                Status:  ./freshet status%s --watch      Metrics:  %s/metrics
                Ctrl-C stops; the next ./freshet demo goes on from here, ./freshet demo --reset starts afresh.
                """.formatted(url, folder, url, database.jdbcUrl(), database.user(), url, daemon.url());
    }

    private FreshetConfig config(EmbeddedDatabase database) {
        return ConfigLoader.parse(
                resource("/demo/freshet.yaml"),
                "demo/freshet.yaml",
                state,
                Map.of(
                        "DEMO_STATE", state.toAbsolutePath() + "/freshet",
                        "DEMO_URL", database.jdbcUrl(),
                        "DEMO_USER", database.user(),
                        "DEMO_PORT", Integer.toString(port)));
    }

    /** The port of the last start, so that connections people wrote down go on working; any free one otherwise. */
    private int rememberedPort() throws IOException {
        Path file = state.resolve(URL_FILE);
        if (!Files.exists(file)) {
            return 0;
        }
        String port = Files.readString(file).replaceAll(".*:(\\d+)/.*", "$1").strip();
        try (var probe = new ServerSocket(Integer.parseInt(port), 1, InetAddress.getLoopbackAddress())) {
            return probe.getLocalPort();
        } catch (IOException taken) {
            return 0;
        }
    }

    /** The JDBC URL of the demo that was last started in the folder. */
    static String jdbcUrl(Path state) {
        try {
            return Files.readString(state.resolve(URL_FILE)).strip();
        } catch (IOException e) {
            throw new CommandFailure("no demo was started in " + state + ". Start one with: freshet demo");
        }
    }

    private static String resource(String name) {
        try (InputStream stream = DemoCommand.class.getResourceAsStream(name)) {
            if (stream == null) {
                throw new IllegalStateException(name + " is not on the class path");
            }
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Removes only what a demo makes, so that a wrong --state cannot cost anything else. */
    private static void remove(Path state) {
        for (String name : List.of("postgresql", "freshet", URL_FILE)) {
            Path root = state.resolve(name);
            if (!Files.exists(root)) {
                continue;
            }
            try (Stream<Path> files = Files.walk(root)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            } catch (IOException e) {
                throw new CommandFailure("the demo in " + state + " cannot be removed: " + e
                        + ". Is it still running? Stop it with Ctrl-C");
            }
        }
    }
}
