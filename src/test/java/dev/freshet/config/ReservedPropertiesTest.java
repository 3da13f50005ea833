package dev.freshet.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReservedPropertiesTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "name",
                "slot.name",
                "offset.storage.file.filename",
                "transforms.route.type",
                "signal.poll.interval.ms"
            })
    void whatFreshetSetsAndAllUnderIt(String property) {
        assertThat(SourceConfig.reserves(property)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "slot.stream.params",
                "database.sslrootcert",
                "status.update.interval.ms",
                "snapshot.fetch.size",
                "names",
                ""
            })
    void whatIsLeftToOthers(String property) {
        assertThat(SourceConfig.reserves(property)).isFalse();
    }
}
