package dev.freshet.index;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.math.BigDecimal;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A head that is written is read again, whatever its row holds: one that is not would stop its whole batch for ever. */
final class HeadJsonLimitsTest {

    @Test
    void whatIsWrittenIsReadAgainHoweverLongItIs() throws IOException {
        DocumentHead head = SampleDocument.article("1", "text")
                .with(Map.of(
                        "number",
                        new BigDecimal("9".repeat(20_000) + ".5"),
                        "whole",
                        new BigDecimal("9".repeat(20_000)),
                        "small",
                        7L,
                        "k".repeat(100_000),
                        "long name",
                        "text",
                        "x".repeat(21_000_000)))
                .head();
        byte[] json = HeadJson.write(head);

        // Not by AssertJ's equality, which would print both.
        assertThat(HeadJson.read(json, 0, json.length).equals(head)).isTrue();
    }
}
