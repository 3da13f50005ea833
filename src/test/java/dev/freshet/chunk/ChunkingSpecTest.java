package dev.freshet.chunk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.chunk.ChunkingSpec.Strategy;
import org.junit.jupiter.api.Test;

final class ChunkingSpecTest {

    @Test
    void defaults() {
        assertThat(ChunkingSpec.DEFAULT).isEqualTo(new ChunkingSpec(Strategy.MARKDOWN, 256, 0));
    }

    @Test
    void refusesSizesThatCannotWork() {
        assertThatThrownBy(() -> new ChunkingSpec(Strategy.WHOLE, 15, 0)).hasMessageContaining("at least 16 tokens");
        assertThatThrownBy(() -> new ChunkingSpec(Strategy.WHOLE, 100, 50)).hasMessageContaining("less than half");
        assertThatThrownBy(() -> new ChunkingSpec(Strategy.WHOLE, 100, -1)).hasMessageContaining("0 or more");
        assertThat(new ChunkingSpec(Strategy.WHOLE, 100, 49).overlap()).isEqualTo(49);
    }

    @Test
    void aChunkIsNeverLongerThanTheModelSees() {
        assertThatThrownBy(() -> new Chunker(new ChunkingSpec(Strategy.WHOLE, 513, 0), TestTokenizers.MINI_LM))
                .hasMessage("chunk size 513 is more than the embedding model sees: use at most 512 tokens");
    }

    @Test
    void fingerprintTellsSpecsApart() {
        assertThat(ChunkingSpec.DEFAULT.fingerprint()).isEqualTo("markdown-256-0-v1");
        assertThat(new ChunkingSpec(Strategy.SENTENCE, 128, 16).fingerprint()).isEqualTo("sentence-128-16-v1");
    }
}
