package dev.freshet.document;

import static dev.freshet.document.Rows.object;
import static dev.freshet.document.Rows.row;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.change.Row;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetTime;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class TextTemplateTest {

    static Stream<Arguments> values() {
        return Stream.of(
                Arguments.of(null, ""),
                Arguments.of("text", "text"),
                Arguments.of("", ""),
                Arguments.of(true, "true"),
                Arguments.of(5L, "5"),
                Arguments.of(Long.MIN_VALUE, "-9223372036854775808"),
                Arguments.of(1.5, "1.5"),
                Arguments.of(5.0, "5"),
                Arguments.of(-0.25, "-0.25"),
                Arguments.of(0.0, "0"),
                Arguments.of(12345678901.5, "12345678901.5"),
                Arguments.of(1e300, "1.0E300"),
                Arguments.of(Double.NaN, "NaN"),
                Arguments.of(Double.NEGATIVE_INFINITY, "-Infinity"),
                Arguments.of(new BigDecimal("12.50"), "12.50"),
                Arguments.of(new BigDecimal("1E+3"), "1000"),
                Arguments.of(new BigDecimal("1E-9"), "0.000000001"),
                Arguments.of(new BigDecimal("1E+2000000000"), "1E+2000000000"),
                Arguments.of(Instant.parse("2026-03-01T10:00:00Z"), "2026-03-01T10:00:00Z"),
                Arguments.of(Instant.parse("2026-03-01T10:00:00.123456Z"), "2026-03-01T10:00:00.123456Z"),
                Arguments.of(LocalDateTime.of(2026, 3, 1, 10, 0), "2026-03-01T10:00:00"),
                Arguments.of(LocalDate.of(2026, 3, 1), "2026-03-01"),
                Arguments.of(LocalTime.of(10, 0), "10:00:00"),
                Arguments.of(OffsetTime.parse("10:00:00+02:00"), "10:00:00+02:00"),
                Arguments.of(new byte[] {1, 2, 3}, "AQID"),
                Arguments.of(List.of(), ""),
                Arguments.of(Arrays.asList("a", null, 5L), "a, 5"),
                Arguments.of(List.of(List.of(1L, 2L), object("b", 1L, "a", null)), "[1,2], {\"a\":null,\"b\":1}"),
                Arguments.of(
                        object("z", List.of(1.5), "a", LocalDate.of(2026, 3, 1)),
                        "{\"a\":\"2026-03-01\",\"z\":[1.5]}"));
    }

    @ParameterizedTest
    @MethodSource("values")
    void rendersValuesAsPeopleWriteThem(@Nullable Object value, String text) throws Refusal {
        assertThat(render("{{v}}", row("v", value))).isEqualTo(text);
    }

    @Test
    void refusesAValueThatNoRowHolds() {
        assertThatThrownBy(() -> render("{{v}}", row("v", java.util.Optional.empty())))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("Optional");
    }

    @Test
    void escapesNothing() throws Refusal {
        assertThat(render("{{v}} {{{v}}} {{&v}} <&>", row("v", "<b> & \"'`=/")))
                .isEqualTo("<b> & \"'`=/ ".repeat(3) + "<&>");
    }

    @Test
    void keepsUnicode() throws Refusal {
        assertThat(render("Größe → {{größe}} 🌊", row("größe", "日本 🏞"))).isEqualTo("Größe → 日本 🏞 🌊");
    }

    @Test
    void aNameMayHaveSpaces() throws Refusal {
        assertThat(render("{{First Name}}", row("First Name", "Ada"))).isEqualTo("Ada");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a {{x}}",
                "{{#x}}a{{/x}}",
                "{{^x}}a{{/x}}",
                "{{x.y}}",
                "{{#yes}}{{x}}{{/yes}}",
                "{{#n}}{{x}}{{/n}}",
                "{{this.x}}"
            })
    void aColumnThatTheRowDoesNotHaveIsAnError(String template) {
        assertThat(reason(template, row("a", 1L, "yes", true, "n", 5L)))
                .isEqualTo("line 1: the row has no column 'x'" + "; its columns are a, yes, n");
    }

    @Test
    void tellsTheLine() {
        assertThat(reason("{{title}}\n\n{{bdy}}", row("title", "t", "body", "b")))
                .isEqualTo("line 3: the row has no column 'bdy' (did you mean 'body'?); its columns are title, body");
    }

    @Test
    void goesIntoObjectsAndLists() throws Refusal {
        Row row = row("meta", object("author", object("name", "Ada", "born", null)), "tags", List.of("x", "y"));
        assertThat(render(
                        "{{meta.author.name}}|{{meta.author.born}}|{{meta.editor}}|{{meta.editor.name}}|{{meta.author.born.x}}",
                        row))
                .isEqualTo("Ada||||");
        assertThat(render("{{tags.0}}|{{tags.1}}|{{tags.2}}|{{tags.99999999999}}", row))
                .isEqualTo("x|y||");
        assertThat(render("{{meta.x}}", row("meta", null))).isEmpty();
        assertThat(render("{{meta.author}}", row)).isEqualTo("{\"born\":null,\"name\":\"Ada\"}");
    }

    @Test
    void doesNotGoIntoOtherValues() {
        assertThat(reason("{{title.length}}", row("title", "t")))
                .isEqualTo("line 1: 'title.length' goes into something that is not an object");
        assertThat(reason("{{tags.size}}", row("tags", List.of()))).contains("'tags.size' goes into");
    }

    @Test
    void neverCallsAMethod() throws Refusal {
        assertThat(reason("{{#title}}{{length}}{{/title}}", row("title", "t"))).contains("no column 'length'");
        assertThat(reason("{{#tags}}{{isEmpty}}{{/tags}}", row("tags", List.of("x"))))
                .contains("no column 'isEmpty'");
        assertThat(render("{{#meta}}{{entrySet}}{{/meta}}", row("meta", Map.of("a", 1L))))
                .isEmpty();
    }

    static Stream<Arguments> truths() {
        return Stream.of(
                Arguments.of(null, false),
                Arguments.of(false, false),
                Arguments.of("", false),
                Arguments.of(List.of(), false),
                Arguments.of(Map.of(), false),
                Arguments.of(true, true),
                Arguments.of(0L, true),
                Arguments.of("x", true),
                Arguments.of(Map.of("k", 1L), true),
                Arguments.of(Instant.EPOCH, true));
    }

    @ParameterizedTest
    @MethodSource("truths")
    void sectionsDependOnTheirValue(@Nullable Object value, boolean shown) throws Refusal {
        assertThat(render("{{#v}}yes{{/v}}{{^v}}no{{/v}}", row("v", value))).isEqualTo(shown ? "yes" : "no");
    }

    @Test
    void sectionsRepeatForLists() throws Refusal {
        Row row = row("tags", Arrays.asList("a", null, "c"), "title", "T");
        assertThat(render("{{#tags}}[{{.}} of {{title}}]{{/tags}}", row)).isEqualTo("[a of T][ of T][c of T]");
        assertThat(render("{{#tags}}{{-index}}{{.}}{{^-last}}, {{/-last}}{{/tags}}", row))
                .isEqualTo("1a, 2, 3c");
        assertThat(render("{{#tags}}{{#.}}<{{.}}>{{/.}}{{/tags}}", row)).isEqualTo("<a><c>");
        assertThat(render("{{#rows}}{{#.}}{{.}};{{/.}}{{/rows}}", row("rows", List.of(List.of(1L, 2L), List.of(3L)))))
                .isEqualTo("1;2;3;");
        assertThat(render("{{#flags}}{{.}} {{/flags}}", row("flags", List.of(true, false))))
                .isEqualTo("true false ");
    }

    @Test
    void sectionsEnterObjects() throws Refusal {
        Row row = row(
                "name", "outer",
                "author", object("name", "Ada", "address", object("city", "London")),
                "items", Arrays.asList(object("sku", "A", "price", 1.5), null, object("sku", "B")));
        assertThat(render(
                        "{{#author}}{{name}} {{address.city}} {{#address}}{{city}} {{name}}{{/address}}{{/author}} {{name}}",
                        row))
                .isEqualTo("Ada London London Ada outer");
        assertThat(render("{{#author}}{{.}}{{/author}}", row("author", object("a", 1L))))
                .isEqualTo("{\"a\":1}");
        assertThat(render("{{author.name}} {{#author.address}}{{city}}{{/author.address}}", row))
                .isEqualTo("Ada London");
    }

    @Test
    void anObjectInsideASectionNeedNotHaveTheName() throws Refusal {
        Row row = row(
                "items",
                List.of(object("sku", "A", "price", 1.5), object("sku", "B"), object("price", object("net", 1L))));
        assertThat(render(
                        "{{#items}}[{{sku}} {{price}}{{#price}}!{{/price}}{{price.net}}]{{/items}}",
                        row("items", List.of(object("sku", "B")))))
                .isEqualTo("[B ]");
        assertThat(render("{{#items}}[{{sku}}|{{#price}}has{{/price}}{{^price}}none{{/price}}]{{/items}}", row))
                .isEqualTo("[A|has][B|none][|has]");
        assertThat(reason("{{#items}}{{x}}{{/items}}{{x}}", row)).contains("no column 'x'");
        assertThat(reason("{{#items}}{{sku}}{{/items}}{{sku}}", row)).contains("no column 'sku'");
        Row nested = row("author", object("name", "Ada", "address", object("city", "London")));
        assertThat(reason("{{#author}}{{#address}}{{name}}{{/address}}{{/author}}{{name}}", nested))
                .contains("no column 'name'");
    }

    @Test
    void aColumnIsSeenFromInsideAnObject() throws Refusal {
        Row row = row("title", "T", "nothing", null, "meta", object("a", 1L, "title", null));
        assertThat(render("{{#meta}}{{a}}{{nothing}}|{{title}}|{{/meta}}{{title}}", row))
                .isEqualTo("1||T");
    }

    @Test
    void theRowItselfIsNoText() {
        assertThat(reason("{{.}}{{a}}", row("a", 1L))).contains("{{.}} is an element of a list");
    }

    @Test
    void linesOfSectionTagsLeaveNoTrace() throws Refusal {
        assertThat(render(
                        "# {{title}}\n{{#tags}}\n- {{.}}\n{{/tags}}\nend",
                        row("title", "T", "tags", List.of("a", "b"))))
                .isEqualTo("# T\n- a\n- b\nend");
    }

    @Test
    void delimitersCanBeChangedToWriteBraces() throws Refusal {
        assertThat(render("{{=<% %>=}}{{<% a %>}}", row("a", 1L))).isEqualTo("{{1}}");
    }

    static Stream<Arguments> faults() {
        return Stream.of(
                Arguments.of("{{#a}}", "Section missing close tag"),
                Arguments.of("{{a}}{{/b}}", "Section close tag with no open tag"),
                Arguments.of("{{#a}}{{/b}}", "Section close tag with mismatched open tag"),
                Arguments.of("{{a}} {{b", "a tag is not closed: {{b"),
                Arguments.of("{{a {{b}}", "a tag is not closed: {{a"),
                Arguments.of("{{{a}} x", "Invalid triple-mustache tag"),
                Arguments.of("{{}}", "a tag is empty"),
                Arguments.of("{{a}}{{ }}", "a tag is empty"),
                Arguments.of("{{a..b}}", "is not a column"),
                Arguments.of("{{.a}}", "is not a column"),
                Arguments.of("{{>a}}", "no other templates to include"),
                Arguments.of("{{a}}{{<a}}{{/a}}", "no other templates"),
                Arguments.of("{{a}}{{$a}}{{/a}}", "no other templates"),
                Arguments.of("title", "'title' names no column; a column is written {{column}}"),
                Arguments.of("", "names no column"),
                Arguments.of("{title}", "names no column"));
    }

    @ParameterizedTest
    @MethodSource("faults")
    void faultyTemplatesAreRefused(String template, String problem) {
        assertThatThrownBy(() -> TextTemplate.compile("articles", "text", template))
                .isInstanceOf(MappingException.class)
                .hasMessageStartingWith("mapping 'articles', text: ")
                .hasMessageContaining(problem)
                .hasMessageContaining("{{column}}");
    }

    @Test
    void isSafeForSeveralThreads() {
        TextTemplate template = TextTemplate.compile("m", "text", "{{n}}{{#o}}{{k}}{{m}}{{#l}} {{.}}{{/l}}{{/o}}");
        List<String> texts = IntStream.range(0, 20_000)
                .parallel()
                .mapToObj(i -> {
                    boolean object = i % 2 == 0;
                    Row row = row(
                            "n",
                            object ? (Object) (long) i : "n" + i,
                            "o",
                            object ? object("k", i + "k", "l", List.of((long) i)) : "",
                            "l",
                            List.of());
                    try {
                        return template.render(row);
                    } catch (Refusal e) {
                        throw new AssertionError(e);
                    }
                })
                .toList();
        assertThat(texts)
                .isEqualTo(IntStream.range(0, 20_000)
                        .mapToObj(i -> i % 2 == 0 ? "%d%dk %d".formatted(i, i, i) : "n" + i)
                        .toList());
    }

    private static String render(String template, Row row) throws Refusal {
        return TextTemplate.compile("m", "text", template).render(row);
    }

    private static String reason(String template, Row row) {
        try {
            throw new AssertionError("rendered " + render(template, row));
        } catch (Refusal refusal) {
            return refusal.reason();
        }
    }
}
