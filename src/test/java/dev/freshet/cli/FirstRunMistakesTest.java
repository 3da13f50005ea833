package dev.freshet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.config.ConfigLoader;
import dev.freshet.daemon.Daemon;
import dev.freshet.daemon.StateFolder;
import dev.freshet.index.CollectionSpec;
import dev.freshet.index.lucene.LuceneIndex;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.PGConnection;
import org.postgresql.PGProperty;

/**
 * The mistakes of a first run, made against the real program and a real server: each gives a message that names the
 * cause and the remedy, within ten seconds, without a stack trace, from {@code run} as from {@code doctor}.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(60)
final class FirstRunMistakesTest {

    private static final Duration WITHIN = Duration.ofSeconds(10);
    private static final Path MESSAGES = Path.of("target", "first-run-mistakes.txt");

    @TempDir
    private Path folder;

    private PlainServer server =
            PlainServer.start(Map.of("wal_level", "logical", "max_replication_slots", "3", "max_wal_senders", "4"));

    @BeforeAll
    void fill() throws IOException {
        Files.deleteIfExists(MESSAGES);
        server.execute("postgres", "CREATE ROLE freshet LOGIN REPLICATION PASSWORD 'right'", "CREATE DATABASE app");
        server.execute(
                "app",
                "CREATE TABLE articles (id bigint PRIMARY KEY, title text NOT NULL, body text NOT NULL, status text)",
                "INSERT INTO articles VALUES (1, 'Refunds', 'A refund takes a week.', 'published')",
                "CREATE TABLE unread (id bigint PRIMARY KEY, title text)",
                "CREATE TABLE keyless (title text)",
                "CREATE TABLE unpublished (id bigint PRIMARY KEY, title text)",
                "CREATE TABLE identified (id bigint PRIMARY KEY, title text NOT NULL UNIQUE)",
                "ALTER TABLE identified REPLICA IDENTITY USING INDEX identified_title_key",
                "CREATE VIEW titles AS SELECT id, title FROM articles",
                "CREATE PUBLICATION freshet FOR TABLE articles, identified WITH (publish_via_partition_root = true)",
                "CREATE PUBLICATION lossy FOR TABLE articles WITH (publish = 'insert, update')",
                "GRANT SELECT ON articles, keyless, unpublished, identified, titles TO freshet");
    }

    @AfterAll
    void stop() {
        server.close();
    }

    private Path configuration;

    @BeforeEach
    void name() {
        configuration = folder.resolve("freshet.yaml");
    }

    /** A configuration that is good, with one thing replaced. */
    private void write(String good, String mistaken) throws IOException {
        String yaml = """
                state: %s
                source:
                  url: %s
                  user: freshet
                  password: right
                  slot: freshet
                  publication: freshet
                collections:
                  help: {chunking: {size: 256}}
                mappings:
                  - table: articles
                    collection: help
                    text: "{{title}} {{body}}"
                    metadata: [status]
                    when: row.status == 'published'
                http: {port: 0}
                """.formatted(folder.resolve("state"), server.url("app"));
        assertThat(yaml).contains(good);
        Files.writeString(configuration, yaml.replace(good, mistaken));
    }

    /** Both commands say all of this. */
    private void explained(String mistake, String... words) throws IOException {
        String config = configuration.toString();
        Terminal.Session run = Terminal.run("run", "--config", config);
        Files.writeString(
                MESSAGES,
                "%s (%d ms)%n%s%n".formatted(mistake, run.took().toMillis(), run.err()),
                StandardOpenOption.CREATE,
                StandardOpenOption.APPEND);
        assertSaid(run, words);
        assertThat(run.err()).startsWith("freshet: ");
        assertSaid(Terminal.run("doctor", "--config", config), words);
    }

    private static void assertSaid(Terminal.Session session, String... words) {
        assertThat(session.text()).contains(words).doesNotContain("\tat ", "Exception");
        assertThat(session.status()).isEqualTo(1);
        assertThat(session.took()).isLessThan(WITHIN);
    }

    @Test
    void nothingIsWrongWithTheRest() throws IOException {
        write("port: 0", "port: 0");

        Terminal.Session doctor = Terminal.run("doctor", "--config", configuration.toString());

        assertThat(doctor.text()).contains("Nothing keeps Freshet from running");
        assertThat(doctor.status()).isZero();
        assertThat(folder.resolve("state")).as("a doctor changes nothing").doesNotExist();
    }

    @Test
    void theConfigurationIsNotThere() throws IOException {
        explained("no such file", configuration + ": cannot be read: no such file; freshet init writes one");
    }

    @Test
    void theConfigurationIsNotYaml() throws IOException {
        write("state:", "state: [");
        explained("not YAML", configuration + ":", "this is not YAML");
    }

    @Test
    void aKeyIsMisspelt() throws IOException {
        write("  password: right", "  pasword: right");
        explained("misspelt key", configuration + ":5:3: unknown key 'pasword' in 'source': did you mean 'password'?");
    }

    @Test
    void aVariableIsNotSet() throws IOException {
        write("password: right", "password: ${FRESHET_NOT_SET}");
        explained(
                "missing variable",
                configuration + ":5:13: 'source.password': the environment has no FRESHET_NOT_SET",
                "set it");
    }

    @Test
    void aSecretFileIsNotThere() throws IOException {
        write("password: right", "password: file:" + folder.resolve("secret"));
        explained(
                "unreadable secret file",
                "'source.password'",
                folder.resolve("secret").toString(),
                "no such file");
    }

    @Test
    void aDurationIsNone() throws IOException {
        write("http:", "pipeline: {checkpoint: quick}\nhttp:");
        explained("invalid duration", "'pipeline.checkpoint' must be a duration such as 10ms, 5s", "but is 'quick'");
    }

    @Test
    void aTemplateAndAFilterCannotWork() throws IOException {
        write(
                "{{body}}\"\n    metadata: [status]\n    when: row.status == 'published'",
                "{{body\"\n    metadata: [status]\n    when: status = 'published'\n    colour: red");
        explained(
                "invalid template, filter and key",
                configuration + ":13:11: 'mappings[0].text': a tag is not closed",
                configuration + ":15:11: 'mappings[0].when': ",
                "equality is written ==",
                "unknown key 'colour'");
    }

    @Test
    void aRegularExpressionIsNone() throws IOException {
        write("row.status == 'published'", "row.status.matches('[a-')");
        explained("invalid regex", configuration + ":15:11: 'mappings[0].when': ", "Regex");
    }

    @Test
    void theModelIsNotKnown() throws IOException {
        write("http:", "embedding: {model: ada-9}\nhttp:");
        explained(
                "unknown model",
                "there is no embedding model 'ada-9' inside Freshet",
                "all-minilm-l6-v2-q",
                "embedding.provider");
    }

    @Test
    void chunksAreLargerThanTheModelSees() throws IOException {
        write("size: 256", "size: 1024");
        explained(
                "chunks too large",
                "collections.help.chunking",
                "chunk size 1024 is more than the embedding model sees",
                "512");
    }

    @Test
    void thePasswordIsWrong() throws IOException {
        write("password: right", "password: wrong");
        explained("wrong password", "refuses the password of user freshet", "Check source.password");
    }

    @Test
    void theUserIsNotKnown() throws IOException {
        write("user: freshet", "user: nobody");
        explained("unknown user", "refuses the password of user nobody", "source.user");
    }

    @Test
    void theUserIsNotLetIn() throws IOException {
        server.execute("app", "CREATE ROLE stranger LOGIN REPLICATION PASSWORD 'right'");
        write("user: freshet", "user: stranger");
        explained("not let in", "lets user stranger not in from here", "pg_hba.conf");
    }

    @Test
    void theDatabaseIsNotThere() throws IOException {
        write("/app\n", "/ap\n");
        explained("missing database", "has no database ap", "source.url");
    }

    @Test
    void nothingListensAtThePort() throws IOException {
        int free;
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            free = socket.getLocalPort();
        }
        write(":" + server.port() + "/", ":" + free + "/");
        explained("wrong port", "nothing answers at 127.0.0.1:" + free, "Check host and port in source.url");
    }

    @Test
    void whatListensDoesNotAnswer() throws IOException {
        try (var silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            write(":" + server.port() + "/", ":" + silent.getLocalPort() + "/");
            explained("silent port", "does not answer", "Check host and port in source.url");
        }
    }

    @Test
    void theHostIsNotKnown() throws IOException {
        write("127.0.0.1:", "no-such-host.invalid:");
        explained("unknown host", "no-such-host.invalid", "is not known here", "source.url");
    }

    @Test
    void theServerSpeaksNoTls() throws IOException {
        write("/app\n", "/app?sslmode=require\n");
        explained("TLS to a plaintext port", "speaks no TLS", "Remove sslmode from source.url");
    }

    @Test
    void theLogDoesNotCarryRows() throws IOException {
        try (PlainServer replica = PlainServer.start(Map.of("wal_level", "replica"))) {
            replica.execute(
                    "postgres", "CREATE ROLE freshet LOGIN REPLICATION PASSWORD 'right'", "CREATE DATABASE app");
            replica.execute(
                    "app",
                    "CREATE TABLE articles (id bigint PRIMARY KEY, title text, body text, status text)",
                    "CREATE PUBLICATION freshet FOR TABLE articles WITH (publish_via_partition_root = true)",
                    "GRANT SELECT ON articles TO freshet");
            write(server.url("app"), replica.url("app"));
            explained(
                    "wal_level=replica",
                    "wal_level is 'replica'",
                    "ALTER SYSTEM SET wal_level = 'logical';",
                    "restart the server");
        }
    }

    @Test
    void theUserMayNotReplicate() throws IOException {
        server.execute("app", "CREATE ROLE reader LOGIN PASSWORD 'right'", "GRANT SELECT ON articles TO reader");
        write("user: freshet", "user: reader");
        explained("no REPLICATION", "user reader may not replicate", "ALTER ROLE \"reader\" REPLICATION;");
    }

    @Test
    void theUserMayNotRead() throws IOException {
        write("table: articles", "table: unread");
        Files.writeString(
                configuration,
                Files.readString(configuration)
                        .replace(" {{body}}", "")
                        .replaceFirst("    metadata(?s:.*?)http", "http"));
        explained(
                "no SELECT",
                configuration + ":11:5: user freshet may not read table public.unread",
                "GRANT SELECT ON \"public\".\"unread\" TO \"freshet\";");
    }

    @Test
    void theTableIsNotThere() throws IOException {
        write("table: articles", "table: article");
        explained(
                "missing table",
                configuration + ":11:5: there is no table public.article; there are",
                "public.articles");
    }

    @Test
    void theTableIsAView() throws IOException {
        write("table: articles", "table: titles");
        explained("a view", "public.titles is a view, not a table, and has no log", "Map the tables that it reads");
    }

    @Test
    void aColumnIsNotThere() throws IOException {
        write("{{title}}", "{{titel}}");
        explained(
                "unknown column",
                configuration + ":11:5: mapping articles reads titel, which table public.articles does not have",
                "It has body, id, status, title");
    }

    @Test
    void theTableHasNoKey() throws IOException {
        write("table: articles", "table: keyless");
        explained(
                "no primary key",
                "table public.keyless has no primary key",
                "ALTER TABLE \"public\".\"keyless\" ADD PRIMARY KEY");
    }

    @Test
    void theLogDoesNotSayWhichRowWasDeleted() throws IOException {
        write(" {{body}}\"\n    metadata: [status]\n    when: row.status == 'published'", "\"");
        Files.writeString(
                configuration, Files.readString(configuration).replace("table: articles", "table: identified"));
        explained(
                "replica identity",
                "has an index as its REPLICA IDENTITY that is not its primary key",
                "ALTER TABLE public.identified REPLICA IDENTITY DEFAULT;");
    }

    @Test
    void thePublicationLacksATable() throws IOException {
        write(" {{body}}\"\n    metadata: [status]\n    when: row.status == 'published'", "\"");
        Files.writeString(
                configuration, Files.readString(configuration).replace("table: articles", "table: unpublished"));
        explained(
                "publication lacks a table",
                "publication freshet was not made by Freshet and lacks public.unpublished",
                "ALTER PUBLICATION \"freshet\" ADD TABLE \"public\".\"unpublished\";");
    }

    @Test
    void thePublicationLeavesChangesOut() throws IOException {
        write("publication: freshet", "publication: lossy");
        explained(
                "publication leaves changes out",
                "publication lossy leaves changes out",
                "ALTER PUBLICATION \"lossy\" SET (publish = 'insert, update, delete, truncate'");
    }

    @Test
    void thePublicationMayNotBeMade() throws IOException {
        write("publication: freshet", "publication: other");
        explained(
                "publication may not be made",
                "publication other does not exist, and user freshet may not make it: it does not own public.articles",
                "CREATE PUBLICATION \"other\" FOR TABLE \"public\".\"articles\"");
    }

    @Test
    void theSlotIsHeldByAnother() throws IOException, SQLException {
        server.execute("app", "SELECT pg_create_logical_replication_slot('held', 'pgoutput')");
        var properties = new Properties();
        PGProperty.USER.set(properties, "postgres");
        PGProperty.REPLICATION.set(properties, "database");
        PGProperty.ASSUME_MIN_SERVER_VERSION.set(properties, "14");
        PGProperty.PREFER_QUERY_MODE.set(properties, "simple");
        PGProperty.APPLICATION_NAME.set(properties, "somebody else");
        try (Connection holder = DriverManager.getConnection(server.url("app"), properties);
                var stream = holder.unwrap(PGConnection.class)
                        .getReplicationAPI()
                        .replicationStream()
                        .logical()
                        .withSlotName("held")
                        .withSlotOption("proto_version", 1)
                        .withSlotOption("publication_names", "freshet")
                        .start()) {
            assertThat(stream.isClosed()).isFalse();
            write("slot: freshet", "slot: held");
            explained(
                    "slot in use",
                    "replication slot held is held by another process (server process ",
                    "Stop that one, or give this Freshet a slot of its own (key source.slot)");
        }
        server.awaitFree("held");
        server.execute("app", "SELECT pg_drop_replication_slot('held')");
    }

    @Test
    void theSlotIsOfAnotherKind() throws IOException {
        server.execute("app", "SELECT pg_create_physical_replication_slot('physical')");
        write("slot: freshet", "slot: physical");
        explained(
                "slot of another kind",
                "replication slot physical is a physical one",
                "pg_drop_replication_slot('physical')");
        server.execute("app", "SELECT pg_drop_replication_slot('physical')");
    }

    @Test
    void theSlotBelongsToAnotherDatabase() throws IOException {
        server.execute("postgres", "SELECT pg_create_logical_replication_slot('elsewhere', 'pgoutput')");
        write("slot: freshet", "slot: elsewhere");
        explained("slot of another database", "belongs to another database of this server", "key source.slot");
        server.execute("app", "SELECT pg_drop_replication_slot('elsewhere')");
    }

    @Test
    void noSlotIsLeft() throws IOException {
        for (int i = 0; i < 3; i++) {
            server.execute("app", "SELECT pg_create_physical_replication_slot('full" + i + "')");
        }
        write("port: 0", "port: 0");
        explained("no slot left", "all 3 replication slots are in use", "ALTER SYSTEM SET max_replication_slots = 8;");
        for (int i = 0; i < 3; i++) {
            server.execute("app", "SELECT pg_drop_replication_slot('full" + i + "')");
        }
    }

    @Test
    void theStateFolderIsInUse() throws IOException {
        write("port: 0", "port: 0");
        try (StateFolder held = StateFolder.lock(folder.resolve("state"))) {
            assertThat(held.offsets()).doesNotExist();
            explained(
                    "state folder locked",
                    "is in use by another Freshet (process "
                            + ProcessHandle.current().pid() + ")",
                    "Stop that one, or give this one a folder of its own (key state)");
        }
    }

    @Test
    void theStateFolderCannotBeOne() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");
        write(folder.resolve("state").toString(), file.resolve("state").toString());
        explained("state folder not writable", "cannot be used: " + file, "Name another one (key state)");
    }

    @Test
    void theIndexWasBuiltWithAnotherModel() throws IOException, InterruptedException {
        write("slot: freshet", "slot: remodelled");
        try (Daemon daemon = Daemon.start(ConfigLoader.load(configuration, Map.of()))) {
            assertThat(daemon.awaitDrained()).isTrue();
        }
        server.awaitFree("remodelled");
        try (var index = new LuceneIndex(folder.resolve("state").resolve("index"))) {
            index.drop("help");
            index.create("help", new CollectionSpec(8, "another-model", "chunker", Map.of()));
        }
        explained(
                "another model",
                "collection help was built with the embedding model another-model (8 dimensions)",
                "freshet reset help");
        server.awaitFree("remodelled");
        server.execute("app", "SELECT pg_drop_replication_slot('remodelled')");
    }

    @Test
    void thePortIsTaken() throws IOException {
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            write("port: 0", "port: " + taken.getLocalPort());
            explained(
                    "port taken",
                    "port " + taken.getLocalPort() + " of 127.0.0.1 is taken",
                    "Choose another with http.port");
        }
    }

    @Test
    void theAddressIsNotOurs() throws IOException {
        write("{port: 0}", "{host: 192.0.2.1, port: 7070, token: 0123456789abcdef}");
        explained("address of another machine", "there is no listening at 192.0.2.1", "http.host");
    }
}
