package dev.freshet.document;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.change.ChangeEvent.Origin;
import dev.freshet.change.ChangeEvent.RowDeleted;
import dev.freshet.change.ChangeEvent.RowUpserted;
import dev.freshet.change.Row;
import dev.freshet.change.RowKey;
import dev.freshet.change.SourcePosition;
import dev.freshet.change.TableId;
import dev.freshet.change.Traceparent;
import dev.freshet.change.Version;
import dev.freshet.document.Outcome.Made;
import dev.freshet.document.Outcome.NotMember;
import dev.freshet.document.Outcome.Rejected;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class MappingTest {

    private static final TableId ARTICLES = new TableId("public", "articles");
    private static final RowKey KEY = RowKey.of("id", 7L);
    private static final SourcePosition POSITION =
            new SourcePosition("main", new Version(3, 1), Instant.parse("2026-03-01T10:00:00Z"), "99");

    private final Mapping articles = Mapping.of(
            "articles",
            ARTICLES,
            "docs",
            "article-{{id}}",
            "{{title}}\n\n{{body}}",
            List.of("status", "author"),
            "customer",
            "row.status == 'published'");

    @Test
    void makesTheDocumentOfARow() {
        assertThat(articles.map(KEY, article("published"), POSITION))
                .isEqualTo(new Made(new Document(
                        new DocumentKey("articles", "7"),
                        "article-7",
                        ARTICLES,
                        KEY,
                        "Rivers\n\nThey <rise> & fall.",
                        Map.of("status", "published", "author", "Ada"),
                        "acme",
                        POSITION)));
    }

    @Test
    void takesAnEventLikeItsRow() {
        Row row = article("published");
        var event = new RowUpserted(ARTICLES, KEY, row, Origin.LIVE, POSITION, null);
        assertThat(articles.apply(event)).isEqualTo(articles.map(KEY, row, POSITION));
    }

    @Test
    void theTraceIsTakenFromItsColumnUnlessTheChangeCameWithOne() {
        Mapping traced = articles.tracedBy("trace");
        assertThat(traced.columns()).containsAll(articles.columns()).contains("trace");
        assertThat(traced.fingerprint()).isEqualTo(articles.fingerprint());
        String text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        Traceparent named = Traceparent.parse(text).orElseThrow();

        assertThat(traced.traced(change(text, null)).trace()).isEqualTo(named);
        assertThat(articles.traced(change(text, null)).traceparent()).isNull();
        Traceparent came = Traceparent.of(POSITION, ARTICLES, "other");
        assertThat(traced.traced(change(text, came)).trace()).isEqualTo(came);
        for (Object none : new Object[] {null, "", "4bf92f3577b34da6a3ce929d0e0e4736", 7L}) {
            assertThat(traced.traced(change(none, null)).trace())
                    .isEqualTo(Traceparent.of(POSITION, ARTICLES, KEY.text()));
        }
        var deleted = new RowDeleted(ARTICLES, KEY, POSITION, came);
        assertThat(traced.traced(deleted)).isEqualTo(deleted);
    }

    private static RowUpserted change(@Nullable Object trace, @Nullable Traceparent came) {
        Map<String, @Nullable Object> values =
                new LinkedHashMap<>(article("published").values());
        values.put("trace", trace);
        return new RowUpserted(ARTICLES, KEY, Row.of(values), Origin.LIVE, POSITION, came);
    }

    @Test
    void theIdIsTheKeyUnlessThereIsATemplate() {
        Mapping plain = Mapping.of("plain", ARTICLES, "docs", null, "{{title}}", List.of(), null, null);
        Document document = made(plain, article("draft"));
        assertThat(document.id()).isEqualTo("7");
        assertThat(document.tenant()).isNull();
        assertThat(document.metadata()).isEmpty();
    }

    @Test
    void aRowThatIsNoMemberIsNotLookedAtFurther() {
        assertThat(articles.map(KEY, Row.of(Map.of("status", "draft")), POSITION))
                .isEqualTo(new NotMember());
    }

    @Test
    void tellsWhatARowLacksAndWhatItHas() {
        Map<String, @Nullable Object> values =
                new LinkedHashMap<>(article("published").values());
        values.remove("author");
        values.put("authors", "Ada");
        assertThat(articles.map(KEY, Row.of(values), POSITION))
                .isEqualTo(new Rejected(
                        "metadata",
                        "the row has no column 'author' (did you mean 'authors'?); its columns are id, title, body, status,"
                                + " customer, authors"));
    }

    @Test
    void listsOnlySomeOfVeryManyColumns() {
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        for (int i = 0; i < 100; i++) {
            values.put("column_number_" + i, 1L);
        }
        Mapping mapping = Mapping.of("m", ARTICLES, "docs", null, "{{title}}", List.of(), null, null);
        assertThat(rejected(mapping, Row.of(values)).reason())
                .contains("column_number_39, and 60 more")
                .doesNotContain("column_number_40", "did you mean");
    }

    @Test
    void aRowWithoutItsTenantIsRejected() {
        for (String tenant : new String[] {null, "", "  "}) {
            Map<String, @Nullable Object> values =
                    new LinkedHashMap<>(article("published").values());
            values.put("customer", tenant);
            Rejected rejected = rejected(articles, Row.of(values));
            assertThat(rejected.stage()).isEqualTo("tenant");
            assertThat(rejected.reason()).contains("'customer' is null or empty");
        }
        Map<String, @Nullable Object> values =
                new LinkedHashMap<>(article("published").values());
        values.remove("customer");
        assertThat(rejected(articles, Row.of(values)).reason()).contains("no column 'customer'");
    }

    @Test
    void aTenantMayBeANumber() {
        Mapping mapping = Mapping.of("m", ARTICLES, "docs", null, "{{id}}", List.of(), "id", null);
        assertThat(made(mapping, article("draft")).tenant()).isEqualTo("7");
    }

    @Test
    void anEmptyIdIsRejected() {
        Mapping mapping = Mapping.of("m", ARTICLES, "docs", "{{slug}}", "{{id}}", List.of(), null, null);
        Map<String, @Nullable Object> values =
                new LinkedHashMap<>(article("published").values());
        values.put("slug", null);
        assertThat(mapping.map(KEY, Row.of(values), POSITION))
                .isEqualTo(new Rejected("id", "the template gives an empty id"));
    }

    @Test
    void everyStageNamesItself() {
        assertThat(rejected(articles, Row.of(Map.of("id", 1L))).stage()).isEqualTo("when");
        Mapping text = Mapping.of("m", ARTICLES, "docs", "{{id}}", "{{titel}}", List.of(), null, null);
        assertThat(rejected(text, article("x")).stage()).isEqualTo("text");
        assertThat(rejected(text, article("x")).reason()).contains("did you mean 'title'?");
        Mapping id = Mapping.of("m", ARTICLES, "docs", "{{di}}", "{{id}}", List.of(), null, null);
        assertThat(rejected(id, article("x")).stage()).isEqualTo("id");
    }

    @Test
    void columnsAreAllThatAreRead() {
        Mapping mapping = Mapping.of(
                "m",
                ARTICLES,
                "docs",
                "{{slug}}",
                "{{title}} {{&body}} {{{lead}}} {{#tags}}{{.}}{{^-last}}, {{/-last}}{{/tags}}{{^draft}}{{meta.author.name}}"
                        + "{{/draft}}{{! comment }}",
                List.of("language", "title"),
                "customer",
                "has(row.flag) && row['state'] == 'x' && row.labels.exists(label, label == row.wanted) && row.a.b == 1");
        assertThat(mapping.columns())
                .containsExactly(
                        "a",
                        "body",
                        "customer",
                        "draft",
                        "flag",
                        "labels",
                        "language",
                        "lead",
                        "meta",
                        "slug",
                        "state",
                        "tags",
                        "title",
                        "wanted");
    }

    @Test
    void aRowMustBeReadBackOnlyForColumnsThatAreRead() {
        Map<String, @Nullable Object> values = article("published").values();
        Row readWithout = new Row(values, Set.of("raw"));
        assertThat(articles.lacksColumns(readWithout)).isFalse();
        assertThat(articles.map(KEY, readWithout, POSITION)).isInstanceOf(Made.class);

        Row lacking = new Row(values, Set.of("body"));
        assertThat(articles.lacksColumns(lacking)).isTrue();
        assertThatThrownBy(() -> articles.map(KEY, lacking, POSITION)).isInstanceOf(IllegalArgumentException.class);
        assertThat(articles.map(KEY, lacking.completedFrom(article("published")), POSITION))
                .isInstanceOf(Made.class);
    }

    @Test
    void theFingerprintStaysTheSameForEver() {
        assertThat(articles.fingerprint())
                .isEqualTo("579900e0204a5cf0c3ef640920cc9cc2dded15edb6cccf75c678d68c41432385");
    }

    @Test
    void theFingerprintTellsWhatShapesADocument() {
        String base = fingerprint(ARTICLES, null, "{{a}}", List.of("m", "n"), null, null);
        assertThat(fingerprint(ARTICLES, null, "{{a}}", List.of("n", "m"), null, null))
                .isEqualTo(base);
        assertThat(Mapping.of("other", ARTICLES, "elsewhere", null, "{{a}}", List.of("m", "n"), null, null)
                        .fingerprint())
                .isEqualTo(base);
        assertThat(List.of(
                        fingerprint(new TableId("public", "other"), null, "{{a}}", List.of("m", "n"), null, null),
                        fingerprint(ARTICLES, "{{a}}", "{{a}}", List.of("m", "n"), null, null),
                        fingerprint(ARTICLES, null, "{{a}} ", List.of("m", "n"), null, null),
                        fingerprint(ARTICLES, null, "{{a}}", List.of("m"), null, null),
                        fingerprint(ARTICLES, null, "{{a}}", List.of("m", "n"), "t", null),
                        fingerprint(ARTICLES, null, "{{a}}", List.of("m", "n"), null, "row.t"),
                        base))
                .doesNotHaveDuplicates();
    }

    @Test
    void namesWhatIsWrongWithAMapping() {
        assertThatThrownBy(() -> Mapping.of("a/b", ARTICLES, "docs", null, "{{a}}", List.of(), null, null))
                .isInstanceOf(MappingException.class)
                .hasMessage("mapping 'a/b', name: a mapping's name is not blank and has no slash");
        assertThatThrownBy(() -> Mapping.of("m", ARTICLES, "docs", "{{#a}}", "{{a}}", List.of(), null, null))
                .isInstanceOfSatisfying(MappingException.class, e -> {
                    assertThat(e.mapping()).isEqualTo("m");
                    assertThat(e.part()).isEqualTo("id");
                });
    }

    private static String fingerprint(
            TableId table,
            @Nullable String id,
            String text,
            List<String> metadata,
            @Nullable String tenant,
            @Nullable String when) {
        return Mapping.of("m", table, "docs", id, text, metadata, tenant, when).fingerprint();
    }

    private static Row article(String status) {
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        values.put("id", 7L);
        values.put("title", "Rivers");
        values.put("body", "They <rise> & fall.");
        values.put("status", status);
        values.put("author", "Ada");
        values.put("customer", "acme");
        return Row.of(values);
    }

    private static Document made(Mapping mapping, Row row) {
        return ((Made) mapping.map(KEY, row, POSITION)).document();
    }

    private static Rejected rejected(Mapping mapping, Row row) {
        return (Rejected) mapping.map(KEY, row, POSITION);
    }
}
