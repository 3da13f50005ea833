package dev.freshet.source;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ColumnTypeTest {

    @Test
    void wholeNumbersInJsonAreLongOrBeyondThatDecimals() {
        String large = "123456789012345678901234567890";
        assertThat(ColumnType.json("{\"small\": [5, -7], \"large\": " + large + "}"))
                .isEqualTo(Map.of("small", List.of(5L, -7L), "large", new BigDecimal(large)));
        assertThat(ColumnType.json(large)).isEqualTo(new BigDecimal(large));
        assertThat(ColumnType.json("5")).isEqualTo(5L);
    }

    @Test
    void jsonThatIsNoneOrIsNestedTooDeeplyStaysText() {
        assertThat(ColumnType.json("{")).isEqualTo("{");
        String deep = "[".repeat(100) + "]".repeat(100);
        assertThat(ColumnType.json(deep)).isEqualTo(deep);
    }
}
