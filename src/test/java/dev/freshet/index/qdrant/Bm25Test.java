package dev.freshet.index.qdrant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.qdrant.client.grpc.Points.SparseVector;
import org.junit.jupiter.api.Test;

final class Bm25Test {

    @Test
    void wordsAreRunsOfLettersAndDigitsInLowerCaseStemmedAndWithoutStopWords() {
        assertThat(Bm25.words("The quick-brown FOXES were running, 3.5 times; don't!"))
                .containsExactly("quick", "brown", "fox", "run", "3", "5", "time");
        assertThat(Bm25.words("Größe café №٣ 日本語")).containsExactly("größe", "café", "٣", "日本語");
        assertThat(Bm25.words("the of and")).isEmpty();
        assertThat(Bm25.words("")).isEmpty();
    }

    @Test
    void idsAreMurmur3WithoutSign() {
        // Murmur3 (x86, 32 bits, seed 0) of "test" is 0xba6bd213, as published with the algorithm.
        SparseVector query = Bm25.query("test");
        assertThat(query.getIndicesList()).containsExactly(-0xba6bd213);
        assertThat(query.getValuesList()).containsExactly(1f);
    }

    @Test
    void weightsFollowTheFormula() {
        SparseVector vector = Bm25.document("fox fox dog");
        double length = 0.25 + 0.75 * 3 / 256;
        int fox = vector.getIndicesList().indexOf(Bm25.query("fox").getIndices(0));
        assertThat((double) vector.getValues(fox)).isCloseTo(2 * 2.2 / (1.2 * length + 2), within(1e-6));
        assertThat(vector.getIndicesList()).doesNotHaveDuplicates().hasSize(2);
    }

    @Test
    void aQueryHasEachWordOnce() {
        assertThat(Bm25.query("run running the RUNS").getIndicesList()).hasSize(1);
        assertThat(Bm25.document("the").getIndicesList()).isEmpty();
    }
}
