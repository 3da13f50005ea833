package dev.freshet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The command line as people see it, against a server that gives prepared answers. */
@Timeout(20)
final class FreshetTest {

    private static final String STATUS = """
            {"schema": 1, "state": "streaming", "startedAt": "2026-03-01T10:00:00Z",
             "source": {"slot": "freshet", "connected": true, "position": "0/FF", "committedAt": "2026-03-01T10:00:01Z",
                        "lagMs": 3, "lagBytes": 512, "retainedBytes": 20971520},
             "backfills": [{"table": "public.articles", "state": "complete", "rows": 1200, "expected": 1200}],
             "collections": {"help": {"documents": 1200, "chunks": 5000, "model": "m"}},
             "chunks": {"embedded": 70, "reused": 5}, "backlog": {"live": 1, "backfill": 2, "bytes": 100},
             "deadLetters": 4, "lastError": "the index was away"}""";

    private static final String PAUSED = """
            "paused": [{"mapping": "articles", "table": "public.articles", "since": "2026-03-01T11:00:00Z",
                        "reason": "table public.articles has no column title any more", "wayOut": "bring it back"}],
            "collections\"""";

    private static final String ANSWER = """
            {"query": "refund", "tookMs": 7,
             "currentTo": {"position": "0/16B3748", "version": "1-2", "committedAt": "2026-03-01T10:00:00Z",
                           "pending": 3, "lagMs": 0, "backfilling": true},
             "hits": [{"score": 0.8125, "collection": "help", "id": "42", "table": "public.articles", "key": {"id": 42},
                       "text": "Refunds take\\n  a week.", "headings": ["Billing", "Refunds"], "chunk": 0, "chunks": 1,
                       "metadata": {"category": "billing", "tags": ["a", "b"]}, "tenant": null, "version": "1-2",
                       "committedAt": "2026-03-01T09:00:00Z", "indexedAt": "2026-03-01T09:00:01Z"}]}""";

    @TempDir
    private Path folder;

    private final PrintStream standardOut = System.out;
    private final PrintStream standardErr = System.err;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final PreparedDaemon daemon = new PreparedDaemon();

    @BeforeEach
    void capture() {
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
    }

    @AfterEach
    void restore() {
        System.setOut(standardOut);
        System.setErr(standardErr);
        daemon.close();
        assertThat(err()).doesNotContain("\tat ");
    }

    private String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private String err() {
        return err.toString(StandardCharsets.UTF_8);
    }

    private String url() {
        return daemon.url();
    }

    @Test
    void helpListsTheCommands() {
        assertThat(Freshet.run("--help")).isZero();
        assertThat(out()).contains("demo", "run", "search", "status", "reindex", "reset", "bench", "real time");
    }

    @Test
    void tellsItsVersion() {
        assertThat(Freshet.run("--version")).isZero();
        assertThat(out()).startsWith("freshet ");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "demo    | --port --state --reset --help sql",
                "run     | --config -c --help",
                "search  | --url --collection --mode dense lexical hybrid --filter -f --top --json --help <query>",
                "status  | --url --json --watch --help",
                "reindex | --table --url --help <collection>",
                "reset   | --config -c --yes --help <collection>",
                "bench   | --help",
            })
    void eachCommandsHelpListsItsOptions(String command, String options) {
        assertThat(Freshet.run(command, "--help")).isZero();
        assertThat(out()).contains(options.split(" "));
    }

    @Test
    void theDefaultsAreInTheHelp() {
        assertThat(Freshet.run("search", "--help")).isZero();
        assertThat(out()).contains("http://127.0.0.1:7070").contains("(default: 5)");
    }

    @ParameterizedTest
    @CsvSource({"search,--tops", "status,--jsn", "--colour,", "run,", "search,", "nothing,"})
    void aCommandLineThatIsWrongExitsWith2(String first, String second) {
        int exit = second == null ? Freshet.run(first) : Freshet.run(first, second);

        assertThat(exit).isEqualTo(2);
        assertThat(err()).isNotBlank();
        assertThat(out()).isEmpty();
    }

    @Test
    void searchPrintsHitsAndHowCurrentTheyAre() {
        daemon.answers.put("/v1/search", ANSWER);

        assertThat(Freshet.run("search", "how", "long & far?", "--url", url() + "/"))
                .isZero();

        assertThat(daemon.requests).containsExactly("GET /v1/search?q=how+long+%26+far%3F&top=5");
        assertThat(out())
                .contains("1. 0.81", "public.articles 42", "Billing > Refunds", "Refunds take a week.")
                .contains("category=billing", "tags=[\"a\",\"b\"]", "committed 2026-03-01T09:00:00Z")
                .contains("Current to 0/16B3748", "3 pending, backfill under way, 7 ms")
                .doesNotContain("tenant");
    }

    @Test
    void searchPassesItsOptionsOn() {
        daemon.answers.put("/v1/search", ANSWER);

        assertThat(Freshet.run(
                        "search",
                        "x",
                        "--url",
                        url(),
                        "--top",
                        "3",
                        "--collection",
                        "help",
                        "-f",
                        "price>=10",
                        "-f",
                        "lang=de",
                        "--tenant",
                        "a&b"))
                .isZero();

        assertThat(daemon.requests)
                .containsExactly(
                        "GET /v1/search?q=x&top=3&collection=help&tenant=a%26b&filter=price%3E%3D10&filter=lang%3Dde");
    }

    @ParameterizedTest
    @CsvSource({"lexical,lexical", "hybrid,hybrid", "DENSE,dense"})
    void searchPassesTheModeOn(String given, String sent) {
        daemon.answers.put("/v1/search", ANSWER);

        assertThat(Freshet.run("search", "x", "--url", url(), "--mode", given)).isZero();
        assertThat(daemon.requests).containsExactly("GET /v1/search?q=x&top=5&mode=" + sent);
    }

    @Test
    void aModeThatThereIsNotExitsWith2AndNamesThoseThereAre() {
        assertThat(Freshet.run("search", "x", "--url", url(), "--mode", "fuzzy"))
                .isEqualTo(2);
        assertThat(err()).contains("--mode", "dense, lexical, hybrid", "fuzzy");
        assertThat(daemon.requests).isEmpty();
    }

    @Test
    void searchPrintsTheAnswerAsJson() throws IOException {
        daemon.answers.put("/v1/search", ANSWER);

        assertThat(Freshet.run("search", "x", "--url", url(), "--json")).isZero();

        var json = new ObjectMapper();
        assertThat(json.readTree(out())).isEqualTo(json.readTree(ANSWER));
    }

    @Test
    void searchSaysWhenNothingIsFound() {
        daemon.answers.put(
                "/v1/search", "{\"tookMs\": 1, \"currentTo\": {\"position\": null, \"pending\": 0}, \"hits\": []}");

        assertThat(Freshet.run("search", "x", "--url", url())).isZero();
        assertThat(out()).contains("Nothing found.", "Current to nothing yet");
    }

    @Test
    void whatTheDaemonRefusesIsPrinted() {
        daemon.status = 400;
        daemon.answers.put("/v1/search", "{\"error\": \"there is no collection 'x'; there is help\"}");

        assertThat(Freshet.run("search", "x", "--url", url())).isEqualTo(1);
        assertThat(err()).isEqualTo("freshet: there is no collection 'x'; there is help" + System.lineSeparator());
        assertThat(out()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"search,x", "status,--json", "reindex,help", "deadletters,list"})
    void theTokenInAFileIsSent(String command, String argument) throws IOException {
        Path file = Files.writeString(folder.resolve("token"), "0123456789abcdef\n");
        daemon.answers.put("/v1/search", ANSWER);
        daemon.answers.put("/v1/status", STATUS);

        assertThat(Freshet.run(command, argument, "--url", url(), "--token-file", file.toString()))
                .isZero();
        assertThat(daemon.tokens).isNotEmpty().containsOnly("Bearer 0123456789abcdef");
        assertThat(out() + err()).doesNotContain("0123456789abcdef");
    }

    @Test
    void theTokenOfTheEnvironmentIsTakenWhereNoFileIsNamed() throws IOException {
        Path file = Files.writeString(folder.resolve("token"), "of-the-file");
        Map<String, String> environment = Map.of("FRESHET_TOKEN", "of-the-environment");

        assertThat(DaemonOption.token(null, environment)).isEqualTo("of-the-environment");
        assertThat(DaemonOption.token(file, environment)).isEqualTo("of-the-file");
        assertThat(DaemonOption.token(null, Map.of())).isNull();
        assertThat(DaemonOption.token(null, Map.of("FRESHET_TOKEN", ""))).isNull();
        assertThatThrownBy(() -> DaemonOption.token(null, Map.of("FRESHET_TOKEN", "hunter2\nX-Header: y")))
                .isInstanceOf(CommandFailure.class)
                .hasMessageContaining("FRESHET_TOKEN holds no token")
                .hasMessageNotContaining("hunter2");
    }

    @Test
    void aTokenFileThatHoldsNoneIsExplained() throws IOException {
        Path empty = Files.writeString(folder.resolve("empty"), "\n");
        Path binary = Files.write(folder.resolve("binary"), new byte[] {(byte) 0xff, 0});

        for (Path file : List.of(empty, binary, folder, folder.resolve("missing"))) {
            assertThat(Freshet.run("status", "--url", url(), "--token-file", file.toString()))
                    .isEqualTo(1);
            assertThat(err()).contains(file.toString());
        }
        assertThat(daemon.requests).isEmpty();
    }

    @Test
    void aDaemonThatAsksForATokenSaysWhereToPutIt() throws IOException {
        daemon.status = 401;
        Path file = Files.writeString(folder.resolve("token"), "0123456789abcdef");

        assertThat(Freshet.run("status", "--url", url(), "--token-file", file.toString()))
                .isEqualTo(1);
        assertThat(err()).contains("knows no such token", "http.token").doesNotContain("0123456789abcdef");
        assertThat(Freshet.run("status", "--url", url())).isEqualTo(1);
        assertThat(err()).contains("asks for a token", "--token-file", "FRESHET_TOKEN");
    }

    @Test
    void aTokenIsNoArgument() {
        assertThat(Freshet.run("status", "--token", "hunter2")).isEqualTo(2);
        assertThat(daemon.requests).isEmpty();
    }

    @Test
    void somethingElseThatAnswersIsNoFreshet() {
        daemon.answers.put("/v1/search", "<html>");

        assertThat(Freshet.run("search", "x", "--url", url())).isEqualTo(1);
        assertThat(err()).contains("is not a Freshet (HTTP 200)");
    }

    @ParameterizedTest
    @CsvSource({"search,x", "status,--json", "reindex,help"})
    void withoutADaemonTheWayOutIsPrinted(String command, String argument) throws IOException {
        String nobody;
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            nobody = "http://127.0.0.1:" + taken.getLocalPort();
        }

        assertThat(Freshet.run(command, argument, "--url", nobody)).isEqualTo(1);
        assertThat(err())
                .contains("freshet: no Freshet answers at " + nobody, "freshet demo", "freshet run --config", "--url");
    }

    @ParameterizedTest
    @CsvSource({"not a url", "localhost:7070", "''"})
    void aUrlThatIsNoneIsExplained(String url) {
        assertThat(Freshet.run("status", "--url", url)).isEqualTo(1);
        assertThat(err()).contains("is not a URL");
    }

    @Test
    void statusShowsWhatTheDaemonDoes() {
        daemon.answers.put("/v1/status", STATUS);

        assertThat(Freshet.run("status", "--url", url())).isZero();
        assertThat(out())
                .contains("streaming (since 2026-03-01T10:00:00Z)")
                .contains("slot freshet, position 0/FF")
                .contains("3 ms, 512 B of log behind, 20 MiB kept")
                .contains("public.articles", "complete")
                .contains("dead letters 4", "the index was away");
    }

    @Test
    void statusShowsWhatIsPausedAndHowThatEnds() {
        daemon.answers.put(
                "/v1/status",
                STATUS.replace("\"collections\"", PAUSED)
                        .replace("20971520", "20971520, \"warning\": \"the server keeps 20 MiB\""));

        assertThat(Freshet.run("status", "--url", url())).isZero();
        assertThat(out())
                .contains("paused       articles of public.articles, since 2026-03-01T11:00:00Z")
                .contains("why: table public.articles has no column title any more")
                .contains("way out: bring it back")
                .contains("warning      the server keeps 20 MiB");
    }

    @Test
    void reindexDoesNotWaitForWhatIsPaused() {
        daemon.answers.put(
                "/v1/status", STATUS.replace("\"collections\"", PAUSED).replace("\"complete\"", "\"paused\""));
        daemon.answers.put(
                "/v1/collections/help/reindex", "{\"collection\": \"help\", \"tables\": [\"public.articles\"]}");

        assertThat(Freshet.run("reindex", "help", "--url", url())).isEqualTo(1);
        assertThat(err()).contains("freshet: mapping articles is paused").contains("Way out: bring it back");
    }

    @Test
    void anAnswerSaysWhatItIsNotCurrentOf() {
        daemon.answers.put(
                "/v1/search", ANSWER.replace("\"backfilling\": true", "\"paused\": [\"articles\", \"notes\"]"));

        assertThat(Freshet.run("search", "refund", "--url", url())).isZero();
        assertThat(out()).contains("3 pending, but not of articles, notes (paused: see freshet status)");
    }

    @Test
    void reindexWaitsUntilTheTablesAreRead() {
        daemon.answers.put("/v1/status", STATUS);
        daemon.answers.put(
                "/v1/collections/help/reindex", "{\"collection\": \"help\", \"tables\": [\"public.articles\"]}");

        assertThat(Freshet.run("reindex", "help", "--table", "articles", "--url", url()))
                .isZero();
        assertThat(daemon.requests).contains("POST /v1/collections/help/reindex?table=articles {}");
        assertThat(out()).contains("of public.articles: 0 chunks embedded, 0 reused.");
    }

    @Test
    void aConfigurationThatIsNotThereIsNamed() {
        String file = folder.resolve("missing.yaml").toString();

        assertThat(Freshet.run("run", "--config", file)).isEqualTo(1);
        assertThat(err()).startsWith("freshet: ").contains(file);
        assertThat(Freshet.run("reset", "help", "--config", file)).isEqualTo(1);
    }

    @Test
    void aDemoThatWasNeverStartedIsNamed() {
        assertThat(Freshet.run("demo", "sql", "select 1", "--state", folder.toString()))
                .isEqualTo(1);
        assertThat(err()).contains("no demo was started in " + folder, "freshet demo");
    }

    @Test
    void aFolderThatCannotBeOneIsExplained() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "text");

        assertThat(Freshet.run("demo", "--state", file.resolve("demo").toString()))
                .isEqualTo(1);
        assertThat(err()).contains("cannot be used", "--state");
    }
}
