package dev.freshet.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.index.Filter;
import dev.freshet.index.SearchMode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SearchRequestTest {

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 1_001, Integer.MAX_VALUE})
    void topHasLimits(int top) {
        assertThatThrownBy(() -> new SearchRequest("text", null, SearchMode.DENSE, top, null, Filter.NONE))
                .isInstanceOf(InvalidRequest.class)
                .hasMessageContaining("top is " + top)
                .hasMessageContaining("1 to 1000");
    }

    @Test
    void theLimitsThemselvesAreFine() {
        assertThat(new SearchRequest("text", null, SearchMode.DENSE, 1, null, Filter.NONE).top())
                .isEqualTo(1);
        assertThat(new SearchRequest("text", "help", SearchMode.LEXICAL, 1_000, null, Filter.NONE).top())
                .isEqualTo(1_000);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "  ", "\n"})
    void aQueryHasText(String query) {
        assertThatThrownBy(() -> new SearchRequest(query, null, SearchMode.HYBRID, 5, null, Filter.NONE))
                .isInstanceOf(InvalidRequest.class)
                .hasMessageContaining("empty");
    }
}
