package dev.freshet.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ByteSizeTest {

    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "512, 512",
        "512B, 512",
        "10kB, 10000",
        "64KiB, 65536",
        "64 kib, 65536",
        "1MB, 1000000",
        "64MiB, 67108864",
        "1GB, 1000000000",
        "1GiB, 1073741824"
    })
    void reads(String text, long bytes) {
        assertThat(ByteSize.parse(text)).isEqualTo(new ByteSize(bytes));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-1", "1.5MiB", "MiB", "1TiB", "1 M B", "999999999999999999GiB", "9999999999999999999"})
    void refuses(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> ByteSize.parse(text));
    }

    @Property
    void readsWhatItWrites(@ForAll @LongRange(min = 0) long bytes, @ForAll @LongRange(min = 0, max = 40) long shift) {
        ByteSize size = new ByteSize((bytes >> 1 >> shift << shift) % 100_000_000_000_000_000L);
        assertThat(ByteSize.parse(size.toString())).isEqualTo(size);
    }
}
