package dev.freshet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freshet.config.ChunkStrategy;
import dev.freshet.config.ConfigLoader;
import dev.freshet.config.FreshetConfig;
import dev.freshet.config.MappingConfig;
import dev.freshet.daemon.Daemon;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code init} on databases that nobody prepared for it: what it writes is loaded, run and searched. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
final class InitCommandTest {

    private static final Map<String, String> ENVIRONMENT = Map.of("FRESHET_DB_PASSWORD", "none");

    @TempDir
    private Path folder;

    private final PlainServer server = PlainServer.start(Map.of("wal_level", "logical", "max_replication_slots", "10"));

    @AfterAll
    void stop() {
        server.close();
    }

    /** A new database with a schema's tables and rows. */
    private String database(String schema) throws IOException {
        String name = schema.replace('-', '_');
        server.execute("postgres", "DROP DATABASE IF EXISTS " + name + " WITH (FORCE)", "CREATE DATABASE " + name);
        try (var sql = getClass().getResourceAsStream("/schemas/" + schema + ".sql")) {
            server.execute(name, new String(sql.readAllBytes(), StandardCharsets.UTF_8));
        }
        return "postgres://postgres:none@127.0.0.1:" + server.port() + "/" + name;
    }

    private Path output() {
        return folder.resolve("freshet.yaml");
    }

    /** What init makes of a database when it is asked nothing, with the state where the test wants it. */
    private FreshetConfig init(String schema, String... more) throws IOException {
        var arguments =
                new ArrayList<>(List.of("init", "--url", database(schema), "--output", output().toString(), "--yes"));
        arguments.addAll(List.of(more));
        Terminal.Session init = Terminal.run(arguments.toArray(String[]::new));
        assertThat(init.text()).contains("Nothing keeps Freshet from running");
        assertThat(init.status()).isZero();
        String yaml = Files.readString(output());
        assertThat(yaml).doesNotContain("none").contains("password: ${FRESHET_DB_PASSWORD}");
        Files.writeString(
                output(),
                yaml.replaceFirst("(?m)^state: .*$", "state: " + folder.resolve("state"))
                        .replaceFirst("(?m)port: 70\\d\\d", "port: 0"));
        return ConfigLoader.load(output(), ENVIRONMENT);
    }

    private static MappingConfig mapping(FreshetConfig config, String table) {
        return config.mappings().stream()
                .filter(mapping -> mapping.table().equals(table))
                .findFirst()
                .orElseThrow();
    }

    private static List<String> tables(FreshetConfig config) {
        return config.mappings().stream().map(MappingConfig::table).toList();
    }

    /** Runs a daemon on it, and returns what the best hit of a search is. */
    private static String bestHit(FreshetConfig config, String query, int documents) throws Exception {
        String collection = config.collections().keySet().iterator().next();
        try (Daemon daemon = Daemon.start(config)) {
            assertThat(daemon.awaitDrained()).isTrue();
            assertThat(daemon.status().deadLetters()).isZero();
            assertThat(daemon.status().collections())
                    .hasEntrySatisfying(
                            collection, held -> assertThat(held.documents()).isEqualTo(documents));
            Terminal.Session search = Terminal.run("search", query, "--url", daemon.url(), "--json");
            assertThat(search.status()).isZero();
            return new ObjectMapper()
                    .readTree(search.out().substring(search.out().indexOf("{\n")))
                    .path("hits")
                    .path(0)
                    .path("text")
                    .asText();
        }
    }

    @Test
    void aFilmRental() throws Exception {
        FreshetConfig config = init("film-rental");

        assertThat(tables(config)).containsExactly("public.film");
        MappingConfig film = mapping(config, "public.film");
        assertThat(film.text()).isEqualTo("{{title}}\n\n{{description}}\n");
        assertThat(film.metadata())
                .contains("title", "rating", "release_year", "length", "special_features", "last_update");
        assertThat(film.metadata()).doesNotContain("film_id", "description", "fulltext");
        assertThat(bestHit(config, "a machine tries to get away from a Japanese fighter", 6))
                .contains("AGENT TRUMAN");
    }

    @Test
    void aForum() throws Exception {
        FreshetConfig config = init("forum");

        assertThat(tables(config)).contains("public.topics", "public.posts", "public.categories");
        assertThat(tables(config)).doesNotContain("public.users", "public.post_timings", "public.post_search_data");
        MappingConfig posts = mapping(config, "public.posts");
        assertThat(posts.when()).isEqualTo("row.deleted_at == null");
        assertThat(posts.text()).contains("{{raw}}").doesNotContain("raw_email");
        assertThat(posts.metadata())
                .contains("topic_id", "created_at", "hidden")
                .doesNotContain("deleted_at");
        assertThat(mapping(config, "public.topics").metadata()).contains("title", "tags", "category_id");
        assertThat(config.collections())
                .hasEntrySatisfying(
                        "forum",
                        forum -> assertThat(forum.chunking().strategy()).isEqualTo(ChunkStrategy.MARKDOWN));
        assertThat(bestHit(config, "move my content to a different host", 7)).containsIgnoringCase("restore");
    }

    @Test
    void anIssueTracker() throws Exception {
        FreshetConfig config = init("issue-tracker");

        assertThat(tables(config))
                .contains("tracker.Issue", "tracker.IssueComment", "archive.Issue")
                .doesNotContain("tracker.ApiKey", "tracker._IssueToLabel", "tracker.audit log");
        MappingConfig issue = mapping(config, "tracker.Issue");
        assertThat(issue.name()).isEqualTo("tracker.Issue");
        assertThat(issue.text()).isEqualTo("# {{title}}\n\n{{descriptionMarkdown}}\n");
        assertThat(issue.tenant()).isEqualTo("organizationId");
        assertThat(issue.when()).isEqualTo("row.deletedAt == null");
        assertThat(issue.metadata())
                .contains("status", "type", "labels", "createdAt")
                .doesNotContain("organizationId", "id");
        assertThat(mapping(config, "tracker.IssueComment").tenant()).isEqualTo("organizationId");
        assertThat(bestHit(config, "the browser loops at login once the session has expired", 7))
                .contains("login page");

        Terminal.Session preview = preview("IssueComment", "--key", "a0000000-0000-4000-8000-000000000001,2");
        assertThat(preview.err()).contains("FRESHET_DB_PASSWORD");
    }

    private Terminal.Session preview(String table, String... more) {
        var arguments = new ArrayList<>(List.of("preview", table, "--config", output().toString()));
        arguments.addAll(List.of(more));
        return Terminal.run(arguments.toArray(String[]::new));
    }

    @Test
    void aRowIsShownAsItWouldBeIndexed() throws Exception {
        init("issue-tracker");
        Files.writeString(output(), Files.readString(output()).replace("${FRESHET_DB_PASSWORD}", "none"));

        Terminal.Session first = preview("tracker.Issue");
        assertThat(first.status()).isZero();
        assertThat(first.out())
                .contains("Row a0000000-0000-4000-8000-000000000001 of tracker.Issue")
                .contains(
                        "Mapping tracker.Issue, collection issue_tracker: document a0000000-0000-4000-8000-000000000001")
                .contains("tenant    11111111-1111-4111-8111-111111111111")
                .contains("status = open", "labels = [auth, regression]")
                .contains("tokens, under Login page loops")
                .contains("  | The browser is sent back to the **login page**");
        Terminal.Session deleted = preview("tracker.Issue", "--key", "a0000000-0000-4000-8000-000000000004");
        assertThat(deleted.out())
                .contains("not indexed")
                .containsPattern("'when' is false: row.deletedAt == null, with deletedAt = 20\\d\\d-");
        Terminal.Session composite =
                preview("IssueComment", "--key", "a0000000-0000-4000-8000-000000000001,2", "--json");
        assertThat(new ObjectMapper()
                        .readTree(composite.out().substring(composite.out().indexOf("{\n")))
                        .at("/mappings/0/document/chunks/0/text")
                        .asText())
                .contains("Fixed on the staging system");
        assertThat(preview("IssueComment", "--key", "a0000000-0000-4000-8000-000000000001")
                        .err())
                .contains("has the columns issueId, commentNo: give a value for each");
        assertThat(preview("IssueComment", "--key", "a0000000-0000-4000-8000-000000000001,9")
                        .err())
                .contains("has no row with the key");
        assertThat(preview("Issue").err()).contains("there are several tables 'Issue'", "archive.Issue, tracker.Issue");
        assertThat(preview("Issues").err()).contains("no mapping takes table 'Issues'", "tracker.IssueComment");
        assertThat(folder.resolve("state")).as("a preview writes nothing").doesNotExist();
    }

    @Test
    void whatItIsAskedForIsWhatItAsks() throws IOException {
        String url = database("forum");

        Terminal.Session init = Terminal.runWithAnswers(
                url + "\nposts, public.topics\nboard\n", "init", "--output", output().toString());

        assertThat(init.out()).contains("Database URL", "Tables to map", "Collection [forum]", "has no primary key");
        assertThat(init.status()).isZero();
        FreshetConfig config = ConfigLoader.load(output(), ENVIRONMENT);
        assertThat(tables(config)).containsExactly("public.posts", "public.topics");
        assertThat(config.collections()).containsOnlyKeys("board");
    }

    @Test
    void aFileThatIsThereIsLeftAsItIs() throws IOException {
        Files.writeString(output(), "mine");
        String url = database("forum");

        Terminal.Session silent = Terminal.run("init", "--url", url, "--output", output().toString(), "--yes");
        Terminal.Session asked = Terminal.runWithAnswers("n\n", "init", "--url", url, "--output", output().toString());

        assertThat(silent.err()).contains("is there already and was left as it is", "--force");
        assertThat(silent.status()).isEqualTo(1);
        assertThat(asked.out()).contains("Overwrite it? [y/N]");
        assertThat(asked.status()).isEqualTo(1);
        assertThat(output()).hasContent("mine");
        assertThat(Terminal.run("init", "--url", url, "--output", output().toString(), "--yes", "--force")
                        .status())
                .isZero();
    }

    @Test
    void whatCannotBeMappedIsExplained() throws IOException {
        String url = database("forum");

        assertThat(Terminal.run(
                                "init",
                                "--url",
                                url,
                                "--table",
                                "post_timings",
                                "--yes",
                                "--output",
                                output().toString())
                        .err())
                .contains("table public.post_timings has no primary key", "ADD PRIMARY KEY");
        assertThat(Terminal.run("init", "--url", url, "--table", "user_stats", "--yes", "--output", output().toString())
                        .err())
                .contains("has no text to be read");
        assertThat(Terminal.run("init", "--url", "somewhere", "--yes", "--output", output().toString())
                        .err())
                .contains("not the URL of a database");
        assertThat(Terminal.run("init", "--url", url.replace(":none@", "@"), "--yes", "--output", output().toString())
                        .err())
                .contains("the environment has no FRESHET_DB_PASSWORD");
        assertThat(output()).doesNotExist();
    }

    @Test
    void theDatabaseOfTheDockerCompositionIsIndexed() throws Exception {
        server.execute("postgres", "CREATE DATABASE app");
        server.execute("app", Files.readString(Path.of("config", "docker", "postgres.sql")));
        Files.writeString(
                output(),
                Files.readString(Path.of("config", "docker", "freshet.yaml"))
                        .replace("jdbc:postgresql://postgres:5432/app", server.url("app"))
                        .replace("${FRESHET_DB_PASSWORD}", "freshet")
                        .replace(
                                "/var/lib/freshet/state",
                                folder.resolve("state").toString())
                        .replace("  user: freshet", "  user: freshet\n  slot: composition")
                        .replace("host: 0.0.0.0", "host: 127.0.0.1")
                        .replace("  token: ${FRESHET_TOKEN}", "")
                        // There is no Qdrant here.
                        .replace("type: qdrant\n  qdrant: {host: qdrant}", "type: lucene")
                        .replace("port: 7070", "port: 0"));

        assertThat(Terminal.run("doctor", "--config", output().toString()).text())
                .contains("publishes every change of the 1 mapped tables", " 0 failed");
        assertThat(bestHit(ConfigLoader.load(output(), Map.of()), "how long does a refund take", 3))
                .contains("5-10 business days");
    }

    @Test
    void aConfigurationIsCheckedAgainstItsDatabase() throws IOException {
        init("issue-tracker");
        String good = Files.readString(output()).replace("${FRESHET_DB_PASSWORD}", "none");
        Files.writeString(output(), good);
        assertThat(check().out()).contains("is good and fits the database: 3 mappings into issue_tracker");

        Files.writeString(
                output(),
                good.replace("tenant: organizationId", "tenant: createdAt").replace("{{body}}", "{{bodies}}"));
        assertThat(check().text())
                .contains("has column createdAt for its tenant, which is of type timestamp with zone")
                .contains("mapping IssueComment reads bodies, which table tracker.IssueComment does not have")
                .contains("mapping archive.Issue reads bodies");
        Files.writeString(output(), good.replace("row.deletedAt == null", "row.title > 3"));
        assertThat(check().text())
                .contains(
                        "mapping tracker.Issue cannot make documents of 4 of the first 4 rows: when: '>' does not take values");
        assertThat(check().status()).isEqualTo(1);
    }

    private Terminal.Session check() {
        return Terminal.run("config", "check", "--against-database", "--config", output().toString());
    }
}
