package dev.freshet.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VariablesTest {

    private final Variables variables = new Variables(Map.of("A", "1", "B_2", "${A}$\\1", "EMPTY", ""));

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    plain              | plain
                    ${A}               | 1
                    x-${A}-${B_2}      | x-1-${A}$\\1
                    ${A:-9}            | 1
                    ${NONE:-9}         | 9
                    ${NONE:-}          | ''
                    ${EMPTY:-9}        | 9
                    [${EMPTY}]         | []
                    $${A}              | ${A}
                    $${A} ${A}         | ${A} 1
                    $A $ {A} $$        | $A $ {A} $$
                    ${{price}} {{$}}   | ${{price}} {{$}}
                    """)
    void expands(String text, String expanded) {
        assertThat(variables.expand(text)).isEqualTo(expanded);
    }

    @Test
    void namesEveryVariableThatIsMissing() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> variables.expand("${X} ${A} ${Y}"))
                .withMessage("the environment has no X and no Y; set it, or give a default: ${X:-default}");
    }

    @ParameterizedTest
    @CsvSource({"${", "${}", "${A", "${1}", "${A-b}", "${A:b}"})
    void refusesWhatLooksLikeAVariable(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> variables.expand(text))
                .withMessageContaining("write $${");
    }
}
