package dev.freshet.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freshet.index.Filter;
import dev.freshet.index.Filter.AnyOf;
import dev.freshet.index.Filter.Range;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class FilterReaderTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    private static Filter ofJson(String json) throws JsonProcessingException {
        return FilterReader.ofJson(JSON.readTree(json));
    }

    @Test
    void aTextMayMeanAStringANumberOrABoolean() {
        assertThat(FilterReader.ofTexts(List.of("category=billing", "year = 2026", "price=9.5", "open=true")))
                .isEqualTo(new Filter(List.of(
                        new AnyOf("category", List.of("billing")),
                        new AnyOf("year", List.of("2026", 2026L)),
                        new AnyOf("price", List.of("9.5", 9.5)),
                        new AnyOf("open", List.of("true", true)))));
    }

    @Test
    void severalEqualsOnOneFieldMeanAnyOfThem() {
        assertThat(FilterReader.ofTexts(List.of("tag=a", "lang=de", "tag=b")))
                .isEqualTo(new Filter(List.of(new AnyOf("tag", List.of("a", "b")), new AnyOf("lang", List.of("de")))));
    }

    @Test
    void boundsAreNumbersOrTimes() {
        assertThat(FilterReader.ofTexts(List.of("n>=1", "n<10", "d > 2026-01-01", "x<=1.5")))
                .isEqualTo(new Filter(List.of(
                        new Range("n", 1L, null, null, null),
                        new Range("n", null, null, null, 10L),
                        new Range("d", null, "2026-01-01", null, null),
                        new Range("x", null, null, 1.5, null))));
    }

    @Test
    void aValueMayHaveAnything() {
        assertThat(FilterReader.ofTexts(List.of("title=a = b\nc", "empty=")))
                .isEqualTo(
                        new Filter(List.of(new AnyOf("title", List.of("a = b\nc")), new AnyOf("empty", List.of("")))));
    }

    @Test
    void nothingIsNoFilter() throws JsonProcessingException {
        assertThat(FilterReader.ofTexts(List.of())).isEqualTo(Filter.NONE);
        assertThat(FilterReader.ofJson(null)).isEqualTo(Filter.NONE);
        assertThat(ofJson("null")).isEqualTo(Filter.NONE);
        assertThat(ofJson("{}")).isEqualTo(Filter.NONE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"billing", "", "=billing", ">5", "two words=3"})
    void aTextThatIsNoConditionIsRefused(String text) {
        assertThatThrownBy(() -> FilterReader.ofTexts(List.of(text)))
                .isInstanceOf(InvalidRequest.class)
                .hasMessageContaining("'" + text + "'")
                .hasMessageContaining("field=value");
    }

    @Test
    void jsonKeepsItsTypes() throws JsonProcessingException {
        assertThat(ofJson("{\"a\": \"10\", \"b\": 10, \"c\": 1.5, \"d\": true, \"e\": [\"x\", 2]}"))
                .isEqualTo(new Filter(List.of(
                        new AnyOf("a", List.of("10")),
                        new AnyOf("b", List.of(10L)),
                        new AnyOf("c", List.of(1.5)),
                        new AnyOf("d", List.of(true)),
                        new AnyOf("e", List.of("x", 2L)))));
    }

    @Test
    void jsonRanges() throws JsonProcessingException {
        assertThat(ofJson(
                        "{\"n\": {\"gte\": 1, \"lt\": 2.5}, \"d\": {\"gt\": \"2026-01-01\", \"lte\": \"2026-02-01\"}}"))
                .isEqualTo(new Filter(List.of(
                        new Range("n", 1L, null, null, 2.5), new Range("d", null, "2026-01-01", "2026-02-01", null))));
    }

    @Test
    void jsonThatIsNoFilterIsRefusedWithTheReason() {
        assertThatThrownBy(() -> ofJson("[1]"))
                .isInstanceOf(InvalidRequest.class)
                .hasMessageContaining("object of fields");
        assertThatThrownBy(() -> ofJson("{\"n\": {\"min\": 1}}"))
                .isInstanceOf(InvalidRequest.class)
                .hasMessageContaining("'n'")
                .hasMessageContaining("'min'")
                .hasMessageContaining("gt, gte, lt, lte");
        assertThatThrownBy(() -> ofJson("{\"n\": {}}"))
                .isInstanceOf(InvalidRequest.class)
                .hasMessageContaining("needs a bound");
        assertThatThrownBy(() -> ofJson("{\"n\": null}"))
                .isInstanceOf(InvalidRequest.class)
                .hasMessageContaining("'n'");
        assertThatThrownBy(() -> ofJson("{\"n\": [[1]]}")).isInstanceOf(InvalidRequest.class);
        assertThatThrownBy(() -> ofJson("{\"n\": {\"gte\": {}}}")).isInstanceOf(InvalidRequest.class);
    }
}
