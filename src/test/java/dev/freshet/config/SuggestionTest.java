package dev.freshet.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.AlphaChars;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SuggestionTest {

    @ParameterizedTest
    @CsvSource({
        "kitten, sitting, 3",
        "flaw, lawn, 2",
        "'', abc, 3",
        "same, same, 0",
    })
    void distanceOfKnownPairs(String from, String to, int distance) {
        assertThat(Suggestion.distance(from, to)).isEqualTo(distance);
    }

    @Property
    void distanceIsTheSameBothWaysAndAtMostTheLongerLength(
            @ForAll @AlphaChars @StringLength(max = 12) String one,
            @ForAll @AlphaChars @StringLength(max = 12) String two) {
        int distance = Suggestion.distance(one, two);
        assertThat(distance)
                .isEqualTo(Suggestion.distance(two, one))
                .isBetween(Math.abs(one.length() - two.length()), Math.max(one.length(), two.length()));
        assertThat(distance == 0).isEqualTo(one.equals(two));
    }

    @ParameterizedTest
    @CsvSource({"backfill-chunk, backfillChunk", "STOP_TIMEOUT, stopTimeout", "metdata, metadata", "idd, id"})
    void findsWhatWasMeant(String wrong, String right) {
        assertThat(Suggestion.of(wrong, List.of("backfillChunk", "stopTimeout", "metadata", "id")))
                .isEqualTo(": did you mean '" + right + "'?");
    }

    @ParameterizedTest
    @CsvSource({"elephant", "xy"})
    void saysNothingWhenNothingIsNear(String wrong) {
        assertThat(Suggestion.of(wrong, List.of("metadata", "id"))).isEmpty();
    }
}
