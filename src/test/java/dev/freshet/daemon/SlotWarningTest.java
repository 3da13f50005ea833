package dev.freshet.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.config.ByteSize;
import dev.freshet.source.Slot;
import org.junit.jupiter.api.Test;

final class SlotWarningTest {

    private final SlotWarning warning = new SlotWarning("freshet", new ByteSize(1000));

    private static Slot keeping(long bytes) {
        return new Slot(true, false, "pgoutput", "reserved", "somebody", bytes, bytes / 2, 0, 0);
    }

    @Test
    void tellsWhatIsWrongAboveTheThreshold() {
        warning.see(keeping(1000));
        assertThat(warning.current()).isNull();
        warning.see(keeping(1001));
        assertThat(warning.current())
                .isEqualTo("the server keeps 1001 B of log for slot freshet, more than source.slotWarning (1000): it is"
                        + " 500 B behind");
    }

    @Test
    void isOverOnlyWellBelowTheThreshold() {
        warning.see(keeping(2000));
        warning.see(keeping(950));
        assertThat(warning.current()).isNotNull();
        warning.see(keeping(899));
        assertThat(warning.current()).isNull();
    }
}
