package dev.freshet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freshet.cli.Terminal.Session;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code freshet explain} as people see it, against a server that gives prepared answers. */
@Timeout(20)
final class ExplainCommandTest {

    private static final String STALE = """
            {"schema": 1, "mapping": "articles", "table": "public.articles", "key": "32", "collection": "help",
             "state": "stale", "why": "The index holds something else than the mapping makes of the row now",
             "advice": "have the rows read again: freshet reindex help", "pending": true, "lastError": "embedding: 429",
             "index": {"id": "a-32", "tenant": "acme", "metadata": {"category": "billing", "tags": ["a", "b"]},
                       "version": "16-17", "position": "0/17", "traceparent": "00-4bf9-00f0-01", "origin": "live",
                       "committedAt": "2026-03-01T10:00:00Z", "capturedAt": "2026-03-01T10:00:00.012Z",
                       "preparedAt": "2026-03-01T10:00:00.020Z", "embeddedAt": "2026-03-01T10:00:01.020Z",
                       "indexedAt": "2026-03-01T10:00:01.025Z", "embedded": 1, "reused": 1, "missing": 0,
                       "chunks": [{"id": "x", "headings": ["Refunds", "Late"], "text": "They take\\n a week. ", "current": true},
                                  {"id": "y", "headings": [], "text": "%s", "current": false}]},
             "removed": null,
             "thisRun": {"outcome": "written", "version": "16-17", "position": "0/17", "traceparent": "00-4bf9-00f0-01",
                         "committedAt": "2026-03-01T10:00:00Z", "capturedAt": "2026-03-01T10:00:00.012Z",
                         "at": "2026-03-01T10:00:01.031Z"},
             "deadLetter": null,
             "database": {"row": true, "document": true, "why": null, "chunks": 2, "differences": ["tenant", "text: other"]},
             "model": "minilm", "chunker": "markdown", "currentTo": {"position": "0/20", "version": "1f-20",
             "committedAt": "2026-03-01T10:00:02Z", "pending": 3, "lagMs": 4, "backfilling": false}}""".formatted("Long. ".repeat(50));

    private static final String PARKED = """
            {"schema": 1, "mapping": "notes", "table": "public.notes", "key": "7,a\\\\,b", "collection": "help",
             "state": "parked", "why": "text: body is null. The index has none", "advice": "mend it", "pending": false,
             "lastError": null, "index": null,
             "removed": {"version": "9-9", "position": "0/9", "removedAt": "2026-03-01T09:00:00Z", "traceparent": null},
             "thisRun": null,
             "deadLetter": {"mapping": "notes", "event": {"key": "7", "version": "16-17", "traceparent": "00-5bf9-00f0-00"},
                            "stage": "text", "errorClass": "Rejected", "error": "body is null", "attempts": 2,
                            "firstAt": "2026-03-01T10:00:00Z", "lastAt": "2026-03-01T10:00:01Z"},
             "database": {"row": true, "document": false, "why": "text: body is null", "chunks": null, "differences": []},
             "model": "minilm", "chunker": "markdown", "currentTo": {"position": null, "version": null,
             "committedAt": null, "pending": 0, "lagMs": 0, "backfilling": true}}""";

    private final PreparedDaemon daemon = new PreparedDaemon();

    @AfterEach
    void stop() {
        daemon.close();
    }

    private Session explain(String mapping, String key, String... options) {
        String[] arguments = new String[5 + options.length];
        System.arraycopy(new String[] {"explain", mapping, key, "--url", daemon.url()}, 0, arguments, 0, 5);
        System.arraycopy(options, 0, arguments, 5, options.length);
        return Terminal.run(arguments);
    }

    @Test
    void tellsHowADocumentStandsAndHowItCameThere() {
        daemon.answers.put("/v1/explain", STALE);
        Session session = explain("articles", "32");

        assertThat(session.status()).as(session.text()).isZero();
        assertThat(session.out())
                .contains("Row 32 of public.articles, mapping articles, collection help: stale")
                .contains("The index holds something else than the mapping makes of the row now.")
                .containsPattern("differs +tenant\\R +differs +text: other")
                .containsPattern("error +embedding: 429")
                .containsPattern("advice +have the rows read again: freshet reindex help")
                .containsPattern("document +a-32, tenant acme")
                .containsPattern("metadata +category = billing, tags = \\[\"a\",\"b\"\\]")
                .containsPattern("trace +00-4bf9-00f0-01")
                .containsPattern("committed +2026-03-01T10:00:00Z\\R")
                .containsPattern("captured +2026-03-01T10:00:00.012Z \\(\\+12 ms\\)")
                .containsPattern("embedded +2026-03-01T10:00:01.020Z \\(\\+1,000 ms\\)")
                .containsPattern("indexed +2026-03-01T10:00:01.025Z \\(\\+5 ms\\)")
                .containsPattern("chunks +2: 1 embedded in this version, 1 reused")
                .containsPattern(" 1  Refunds > Late: They take a week.\\R")
                .containsPattern(" 2  \\(old\\) Long\\. .* …")
                .contains("kept in memory only")
                .containsPattern("written +2026-03-01T10:00:01.031Z")
                .containsPattern("model +minilm")
                .contains("0/20 (committed 2026-03-01T10:00:02Z), 3 pending");
        assertThat(daemon.requests).containsExactly("GET /v1/explain?mapping=articles&key=32");
    }

    @Test
    void tellsOfADeadLetterAndOfARemoval() {
        daemon.answers.put("/v1/explain", PARKED);
        Session session = explain("notes", "7,a\\,b");

        assertThat(session.status()).isZero();
        assertThat(session.out())
                .contains("Row 7,a\\,b of public.notes, mapping notes, collection help: parked")
                .containsPattern("because +text: body is null")
                .contains("Removed from the index")
                .containsPattern("failed +in stage text, 2 times")
                .containsPattern("trace +00-5bf9-00f0-00")
                .contains("nothing yet", "backfill under way")
                .doesNotContain("In the index", "kept in memory only");
        assertThat(daemon.requests).containsExactly("GET /v1/explain?mapping=notes&key=7%2Ca%5C%2Cb");
    }

    @Test
    void asJsonHasEverything() throws IOException {
        daemon.answers.put("/v1/explain", STALE);
        var json = new ObjectMapper();
        assertThat(json.readTree(explain("articles", "32", "--json").out())).isEqualTo(json.readTree(STALE));
    }

    @Test
    void whatDoesNotWorkIsExplained() {
        daemon.status = 400;
        daemon.answers.put("/v1/explain", "{\"error\": \"there is no mapping 'artcles' (did you mean 'articles'?)\"}");
        Session wrong = explain("artcles", "32");
        assertThat(wrong.status()).isEqualTo(1);
        assertThat(wrong.err())
                .isEqualToIgnoringNewLines("freshet: there is no mapping 'artcles' (did you mean 'articles'?)");

        daemon.close();
        Session nobody = explain("articles", "32");
        assertThat(nobody.status()).isEqualTo(1);
        assertThat(nobody.err()).contains("no Freshet answers at " + daemon.url(), "freshet run");

        assertThat(Terminal.run("explain", "articles").status()).isEqualTo(2);
    }
}
