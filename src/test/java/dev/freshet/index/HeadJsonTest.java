package dev.freshet.index;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.change.ChangeEvent.Origin;
import dev.freshet.change.SourcePosition;
import dev.freshet.change.Traceparent;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Test;

final class HeadJsonTest {

    private static DocumentHead read(String json) throws IOException {
        byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
        return HeadJson.read(bytes, 0, bytes.length);
    }

    @Test
    void aHeadOfBeforeItWasNotedHowItCameIsRead() throws IOException {
        DocumentHead head = read("""
                {"mapping":"articles","row":"1","id":"1","schema":"public","table":"articles","rowKey":{"id":1},
                 "metadata":{"price":12.50},"tenant":null,"version":"16b-17c","committedAt":"2026-02-03T04:05:06.123456Z",
                 "indexedAt":"2026-02-03T04:05:07Z","payloadHash":"abc","chunkIds":["a","b"]}""");
        assertThat(head.chunkIds()).containsExactly("a", "b");
        assertThat(head.provenance()).isNull();
        assertThat(head.trace()).isNull();
    }

    @Test
    void howItCameIsKept() throws IOException {
        SampleDocument document = SampleDocument.article("1", "one");
        for (Instant embeddedAt : new Instant[] {Instant.parse("2026-02-03T04:05:06.2Z"), null}) {
            var provenance = new Provenance(
                    Traceparent.of(
                            new SourcePosition("shop", document.version(), Instant.EPOCH, null),
                            document.head().table(),
                            "1"),
                    Origin.REPLAY,
                    Instant.parse("2026-02-03T04:05:06.123456789Z"),
                    Instant.parse("2026-02-03T04:05:06.13Z"),
                    embeddedAt,
                    embeddedAt == null ? 0 : 1);
            DocumentHead head = document.head(provenance);
            assertThat(read(new String(HeadJson.write(head), StandardCharsets.UTF_8)))
                    .isEqualTo(head);
        }
        assertThat(new String(HeadJson.write(document.head(null)), StandardCharsets.UTF_8))
                .doesNotContain("provenance");
    }
}
