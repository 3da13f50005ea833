package dev.freshet.pipeline;

import static dev.freshet.pipeline.Changes.COMMITTED;
import static dev.freshet.pipeline.Changes.document;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.change.Version;
import dev.freshet.chunk.Chunk;
import dev.freshet.index.DocumentHead;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.StringLength;
import net.jqwik.api.constraints.UniqueElements;
import org.junit.jupiter.api.Test;

final class ChunkDiffTest {

    private static Chunk chunk(String id) {
        return new Chunk(id, 0, 0, 1, "text of " + id, List.of(), 5, "hash of " + id);
    }

    private static List<Chunk> chunks(List<String> ids) {
        return ids.stream().map(ChunkDiffTest::chunk).toList();
    }

    private static DocumentHead head(List<String> ids) {
        return new DocumentHead(
                document(1),
                "1",
                Changes.ARTICLES,
                Map.of("id", 1L),
                Map.of(),
                null,
                Version.NONE,
                COMMITTED,
                COMMITTED,
                "payload",
                ids);
    }

    @Test
    void everythingIsNewWhereThereIsNothing() {
        var diff = ChunkDiff.between(null, chunks(List.of("a", "b")), "payload");

        assertThat(diff.added()).extracting(Chunk::id).containsExactly("a", "b");
        assertThat(diff.removed()).isEmpty();
        assertThat(diff.reused()).isZero();
        assertThat(diff.isEmpty()).isFalse();
    }

    @Test
    void aDocumentWithoutTextThatIsNotThereIsStillToBeWritten() {
        assertThat(ChunkDiff.between(null, List.of(), "payload").isEmpty()).isFalse();
    }

    @Test
    void nothingChanges() {
        assertThat(ChunkDiff.between(head(List.of("a", "b")), chunks(List.of("a", "b")), "payload")
                        .isEmpty())
                .isTrue();
    }

    @Test
    void anotherPayloadOrOrderIsAChangeWithoutNewChunks() {
        var payload = ChunkDiff.between(head(List.of("a", "b")), chunks(List.of("a", "b")), "other");
        assertThat(payload).isEqualTo(new ChunkDiff(List.of(), List.of(), 2, true, false));

        var order = ChunkDiff.between(head(List.of("a", "b")), chunks(List.of("b", "a")), "payload");
        assertThat(order).isEqualTo(new ChunkDiff(List.of(), List.of(), 2, false, true));
        assertThat(payload.isEmpty() || order.isEmpty()).isFalse();
    }

    @Property(tries = 300)
    void whatIsThereMinusRemovedPlusAddedIsWhatShouldBe(
            @ForAll @UniqueElements List<@CharRange(from = 'a', to = 'h') @StringLength(1) String> there,
            @ForAll @UniqueElements List<@CharRange(from = 'a', to = 'h') @StringLength(1) String> wanted) {
        var diff = ChunkDiff.between(head(there), chunks(wanted), "payload");

        var result = new HashSet<>(there);
        assertThat(result).containsAll(diff.removed());
        diff.removed().forEach(result::remove);
        diff.added().forEach(chunk -> assertThat(result.add(chunk.id())).isTrue());
        assertThat(result).containsExactlyInAnyOrderElementsOf(wanted);
        assertThat(diff.reused() + diff.added().size()).isEqualTo(wanted.size());
        assertThat(diff.isEmpty()).isEqualTo(there.equals(wanted));
    }
}
