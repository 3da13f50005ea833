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
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class MembershipTest {

    private static final Row ROW = row(
            "nothing",
            null,
            "yes",
            true,
            "no",
            false,
            "five",
            5L,
            "half",
            1.5,
            "price",
            new BigDecimal("12.50"),
            "status",
            "published",
            "at",
            Instant.parse("2026-03-01T10:00:00.5Z"),
            "local",
            LocalDateTime.of(2026, 3, 1, 10, 0),
            "day",
            LocalDate.of(2026, 3, 1),
            "time",
            LocalTime.of(10, 0),
            "zoned",
            OffsetTime.parse("10:00:00+02:00"),
            "bytes",
            new byte[] {1, 2},
            "tags",
            Arrays.asList("a", null, 3L, 2.5),
            "meta",
            object("author", object("name", "Ada"), "none", null, "n", new BigDecimal("2")),
            "odd name",
            "x",
            "package",
            "p");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "row.status == 'published' && row.nothing == null",
                "row.nothing == null",
                "row.status != null",
                "row.nothing != 'x'",
                "row.yes",
                "row.yes == true && !row.no",
                "row.five == 5",
                "row.five == 5.0",
                "row.five > 4.5",
                "row.five + 1 == 6",
                "row.half > 1",
                "row.half * 2.0 == 3.0",
                "row.price == 12.5",
                "row.price > row.five",
                "row.at > timestamp('2026-03-01T10:00:00Z')",
                "row.at == timestamp('2026-03-01T10:00:00.5Z')",
                "row.at.getFullYear() == 2026",
                "row.at - row.local < duration('1s')",
                "row.local == timestamp('2026-03-01T10:00:00Z')",
                "row.day == '2026-03-01' && row.day >= '2026-01-01'",
                "row.time < '12:00:00'",
                "row.zoned == '10:00:00+02:00'",
                "row.bytes == b'\\x01\\x02'",
                "'a' in row.tags",
                "3 in row.tags",
                "!('z' in row.tags)",
                "row.tags.size() == 4",
                "row.tags.exists(tag, tag == 'a')",
                "row.tags.exists(tag, tag == null)",
                "row.tags.all(tag, tag != 'z')",
                "row.tags.exists_one(tag, tag == 'a')",
                "row.tags.filter(tag, tag == 'a') == ['a']",
                "row.tags.map(tag, tag == 'a')[0]",
                "row.tags[0] == 'a'",
                "row.meta.author.name == 'Ada'",
                "row['meta']['author']['name'] == 'Ada'",
                "row.meta.none == null",
                "row.meta.n == 2",
                "has(row.meta.author) && !has(row.meta.editor)",
                "has(row.status)",
                "!has(row.absent)",
                "has(row.absent) ? row.absent == 1 : true",
                "has(row.nothing)",
                "row['odd name'] == 'x'",
                "row['package'] == 'p'",
                "row.status in ['published', 'archived']",
                "row.status.startsWith('pub') && row.status.matches('^p.*d$')",
                "row.status.upperAscii() == 'PUBLISHED'",
                "row.status.size() == 9",
                "row.status.split('l').size() == 2",
                "row.nothing == null || row.nothing > 5",
                "row.price != null && row.price > 10",
                "type(row.nothing) == null_type",
            })
    void saysYes(String expression) throws Refusal {
        assertThat(test(expression, ROW)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "row.status == 'draft'",
                "row.status == null",
                "row.nothing == 5",
                "row.nothing == true",
                "row.nothing != null && row.nothing > 5",
                "row.no",
                "row.five == '5'",
                "row.at < row.local",
                "'z' in row.tags",
                "has(row.absent) && row.absent == 1"
            })
    void saysNo(String expression) throws Refusal {
        assertThat(test(expression, ROW)).isFalse();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            row.nothing > 10           | '>' does not take values of these types at character 13 (row.nothing is null; to leave such rows out write row.nothing != null && …)
            row.nothing + 1 > row.five | '+' does not take values of these types at character 13 (row.five is int, row.nothing is null; to leave such rows out write row.nothing != null && …)
            row.status > 1             | '>' does not take values of these types at character 12 (row.status is string)
            row.half * 2 > 1           | '*' does not take values of these types at character 10 (row.half is double)
            !row.nothing               | '!' does not take values of these types at character 1 (row.nothing is null; to leave such rows out write row.nothing != null && …)
            row.nothing && row.yes     | a value is not of the type that is needed at character 4 (row.nothing is null, row.yes is bool; to leave such rows out write row.nothing != null && …)
            row.nothing                | gave null, not true or false (row.nothing is null; to leave such rows out write row.nothing != null && …)
            row.status                 | gave string, not true or false (row.status is string)
            row.nothing.name == 'x'    | a field is not there, or what should hold it is no object at character 12 (row.nothing is null; to leave such rows out write row.nothing != null && …)
            row.meta.absent == 1       | a field is not there, or what should hold it is no object at character 9 (row.meta is map)
            row.tags[9] == 1           | a list is shorter than that at character 9 (row.tags is list)
            row.five / 0 == 1          | a division by zero at character 10 (row.five is int)
            int(row.status) == 1       | a text cannot be converted at character 4 (row.status is string)
            """)
    void failuresSayWhatWouldHelp(String expression, String reason) {
        assertThat(reason(expression, ROW)).isEqualTo(reason);
    }

    @Test
    void failuresNeverTellAValue() {
        Row secret = row("a", "hunter2", "b", "[hunter2");
        for (String expression : List.of(
                "int(row.a) == 1",
                "timestamp(row.a) == null",
                "row.a",
                "row.a && true",
                "'x'.matches(row.b)",
                "{'x': 1}[row.a] == 1",
                "bool(row.a)",
                "double(row.a) > 1.0",
                "duration(row.a) == null")) {
            assertThat(reason(expression, secret)).as(expression).doesNotContain("hunter2");
        }
    }

    @Test
    void aColumnThatTheRowDoesNotHaveIsAnErrorUnlessTested() {
        assertThat(reason("row.statuz == 'x' || true", row("status", "x", "id", 1L)))
                .isEqualTo("the row has no column 'statuz' (did you mean 'status'?); its columns are status, id");
    }

    @Test
    void givesEveryColumnThatIsRead() {
        Membership membership = Membership.compile(
                "m", "has(row.a) && row['b c'] == 1 && row.d.exists(x, x == row.e) && row.f.g.h == 1 && has(row.i.j)");
        assertThat(membership.columns()).containsExactly("a", "b c", "d", "e", "f", "i");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            row.status = 'x'            | line 1, column 12; equality is written ==
            row.five == 5 AND row.yes   | line 1, column 15; SQL's words are written in CEL as && ||
            row.status LIKE 'a%'        | line 1, column 12; SQL's words
            row.nothing IS NULL         | line 1, column 13; SQL's words
            status == 'x'               | undeclared reference to 'status' at line 1, column 1; a column is written row.status, text in quotes
            frobnicate(row.a)           | undeclared reference to 'frobnicate' at line 1, column 11; there is no function 'frobnicate'
            row.a.frobnicate()          | there is no function 'frobnicate'
            row.status.startsWith(1)    | the operation does not take values of these types
            row.status ==               | an expression is written like row.status == 'published'
            row.status == "abc          | token recognition error
            row.status.size()           | gives int, not true or false; compare it with something
            'row.yes'                   | gives string
            size(row) == 3              | the row is used as a whole; write row.column
            row == {}                   | the row is used as a whole
            row == null                 | the operation does not take values of these types
            "status" in row             | has(row.column)
            row.all(c, c == "")         | the row is used as a whole
            row[row.status] == 1        | the row is used as a whole
            row.tags.exists(row, row.a) | give the element another name
            row.status.matches('[')     | Regex validation failed
            row.at < timestamp('soon')  | timestamp validation failed
            """, quoteCharacter = '~')
    void faultyExpressionsAreRefused(String expression, String problem) {
        assertThatThrownBy(() -> Membership.compile("articles", expression))
                .isInstanceOf(MappingException.class)
                .hasMessageStartingWith("mapping 'articles', when: ")
                .hasMessageContaining(problem);
    }

    @Test
    void pointsAtTheFault() {
        assertThatThrownBy(() -> Membership.compile("articles", "row.a == 1 &&\nrow.b = 2"))
                .hasMessage("""
                mapping 'articles', when: token recognition error at: '= ' at line 2, column 7; equality is written ==
                  row.b = 2
                        ^""");
    }

    @Test
    void isSafeForSeveralThreads() {
        Membership membership = Membership.compile(
                "m", "row.n > 10 && row.tags.exists(tag, tag == row.wanted) && row.wanted.matches('^w[0-9]+$')");
        List<Boolean> answers = IntStream.range(0, 20_000)
                .parallel()
                .mapToObj(i -> {
                    try {
                        return membership.test(
                                row("n", (long) i, "wanted", "w" + i, "tags", List.of("x", "w" + (i - i % 2))));
                    } catch (Refusal e) {
                        throw new AssertionError(e);
                    }
                })
                .toList();
        assertThat(answers)
                .isEqualTo(IntStream.range(0, 20_000)
                        .mapToObj(i -> i > 10 && i % 2 == 0)
                        .toList());
    }

    private static boolean test(String expression, Row row) throws Refusal {
        return Membership.compile("m", expression).test(row);
    }

    private static String reason(String expression, Row row) {
        try {
            throw new AssertionError("gave " + test(expression, row));
        } catch (Refusal refusal) {
            return refusal.reason();
        }
    }
}
