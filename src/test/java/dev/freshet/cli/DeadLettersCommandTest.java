package dev.freshet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freshet.cli.Terminal.Session;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code freshet deadletters} as people see it, against a server that gives prepared answers. */
@Timeout(20)
final class DeadLettersCommandTest {

    private static final String LISTING = """
            {"schema": 1, "total": 3, "matching": 1, "byMapping": {"articles": 1}, "byStage": {"text": 1},
             "letters": [{"mapping": "articles",
                          "event": {"table": "public.articles", "key": "32", "operation": "upsert", "origin": "live",
                                    "version": "1-2", "position": "0/2", "committedAt": "2026-03-01T10:00:00Z",
                                    "transaction": "815", "traceparent": "00-4bf9-00f0-01"},
                          "stage": "text", "errorClass": "Rejected", "error": "column body\\nis null", "attempts": 2,
                          "firstAt": "2026-03-01T10:00:00Z", "lastAt": "2026-03-01T10:00:01Z"}]}""";

    private static final String NONE =
            "{\"schema\": 1, \"total\": 0, \"matching\": 0, \"byMapping\": {}, \"byStage\": {}, \"letters\": []}";

    @TempDir
    private Path folder;

    private final PreparedDaemon daemon = new PreparedDaemon();

    @BeforeEach
    void answer() {
        daemon.answers.put("/v1/dead-letters", LISTING);
        daemon.answers.put("/v1/dead-letters/discard", "{\"discarded\": 1}");
    }

    @AfterEach
    void stop() {
        daemon.close();
    }

    private Session deadletters(String typed, String command, String... options) {
        String[] fixed = {"deadletters", command, "--url", daemon.url()};
        String[] arguments = new String[fixed.length + options.length];
        System.arraycopy(fixed, 0, arguments, 0, fixed.length);
        System.arraycopy(options, 0, arguments, fixed.length, options.length);
        return Terminal.runWithAnswers(typed, arguments);
    }

    @Test
    void listShowsOneALineAndCounts() {
        Session session = deadletters("", "list");

        assertThat(session.status()).isZero();
        assertThat(session.out())
                .containsPattern("articles +32 +text +2× +.* ago +column body is null")
                .contains("1 dead letters of 3 in all; by mapping: articles 1; by stage: text 1");
        assertThat(daemon.requests).containsExactly("GET /v1/dead-letters?limit=100");
    }

    @Test
    void filtersArePassedOn() {
        Session session = deadletters(
                "",
                "list",
                "--mapping",
                "articles",
                "--stage",
                "text",
                "--table",
                "public.articles",
                "--key",
                "a b",
                "--error",
                "null",
                "--older-than",
                "2h",
                "--limit",
                "7");

        assertThat(session.status()).isZero();
        assertThat(daemon.requests)
                .containsExactly("GET /v1/dead-letters?limit=7&mapping=articles&stage=text&table=public.articles"
                        + "&key=a+b&error=null&olderThanSeconds=7200");
    }

    @Test
    void anAgeThatIsNoneIsExplained() {
        assertThat(deadletters("", "list", "--older-than", "yesterday").err()).contains("30s, 15m, 2h or 7d");
    }

    @Test
    void listAsJsonHasEverything() throws IOException {
        var json = new ObjectMapper();
        assertThat(json.readTree(deadletters("", "list", "--json").out())).isEqualTo(json.readTree(LISTING));
    }

    @Test
    void thereMayBeNone() {
        daemon.answers.put("/v1/dead-letters", NONE);

        assertThat(deadletters("", "list").out()).contains("There are no dead letters.");
        Session show = deadletters("", "show", "--key", "32");
        assertThat(show.status()).isEqualTo(1);
        assertThat(show.err()).contains("no such dead letter", "deadletters list");
    }

    @Test
    void showTellsAllThatIsKnown() {
        Session session = deadletters("", "show", "--key", "32");

        assertThat(session.status()).isZero();
        assertThat(session.out())
                .contains("Row 32 of public.articles, mapping articles")
                .contains("in stage text, 2 times", "Rejected", "2026-03-01T10:00:01Z")
                .contains("upsert, live, at 0/2, committed 2026-03-01T10:00:00Z by transaction 815")
                .contains("00-4bf9-00f0-01");
    }

    @Test
    void replayTellsWhatBecameOfEachAndFailsWhenOneStays() {
        daemon.answers.put("/v1/dead-letters/replay", """
                {"results": [{"mapping": "articles", "key": "32", "outcome": "failing", "error": "text: body is null"},
                             {"mapping": "articles", "key": "33", "outcome": "replayed", "error": null}]}""");
        Session session = deadletters("", "replay", "--all");

        assertThat(session.status()).isEqualTo(1);
        assertThat(session.out())
                .containsPattern("articles +32 +failing +text: body is null")
                .contains("1 failing, 1 replayed");
        assertThat(daemon.requests)
                .last()
                .isEqualTo("POST /v1/dead-letters/replay {\"letters\":[{\"mapping\":\"articles\",\"key\":\"32\"}]}");
    }

    @Test
    void replaySucceedsWhenNoneStays() {
        daemon.answers.put("/v1/dead-letters/replay", """
                {"results": [{"mapping": "articles", "key": "32", "outcome": "removed", "error": null}]}""");

        assertThat(deadletters("", "replay", "--key", "32", "--json").status()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"replay", "discard"})
    void nothingIsChangedUnlessItWasSaidWhich(String command) {
        Session session = deadletters("", command);
        assertThat(session.status()).isEqualTo(1);
        assertThat(session.err()).contains("say which letters", "--all");

        assertThat(deadletters("", command, "--all", "--dry-run").out()).contains("Nothing was");
        assertThat(daemon.requests).allSatisfy(request -> assertThat(request).startsWith("GET "));
    }

    @Test
    void discardAsks() {
        Session no = deadletters("n\n", "discard", "--key", "32");
        assertThat(no.status()).isEqualTo(1);
        assertThat(no.out()).contains("column body is null", "Go on?", "Nothing was discarded.");
        assertThat(daemon.requests).hasSize(1);

        Session nobody = deadletters("", "discard", "--key", "32");
        assertThat(nobody.status()).isEqualTo(1);
        assertThat(nobody.out()).contains("Nothing was discarded.");
        assertThat(daemon.requests).hasSize(2);

        assertThat(deadletters("y\n", "discard", "--key", "32").out()).contains("Discarded 1.");
        assertThat(deadletters("", "discard", "--key", "32", "--yes").status()).isZero();
        assertThat(daemon.requests)
                .last()
                .isEqualTo("POST /v1/dead-letters/discard {\"letters\":[{\"mapping\":\"articles\",\"key\":\"32\"}]}");
    }

    @Test
    void withoutADaemonTheStateFolderIsRead() throws IOException {
        Session missing = Terminal.run(
                "deadletters", "list", "--state", folder.resolve("none").toString());
        assertThat(missing.status()).isEqualTo(1);
        assertThat(missing.err()).contains("there is no state folder", "none");
        assertThat(folder.resolve("none")).doesNotExist();

        Files.createDirectory(folder.resolve("state"));
        assertThat(Terminal.run(
                                "deadletters",
                                "list",
                                "--state",
                                folder.resolve("state").toString())
                        .out())
                .contains("There are no dead letters.");
    }
}
