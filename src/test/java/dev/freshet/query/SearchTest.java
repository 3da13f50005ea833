package dev.freshet.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.change.TableId;
import dev.freshet.change.Version;
import dev.freshet.document.DocumentKey;
import dev.freshet.embed.Embedder;
import dev.freshet.embed.HashModel;
import dev.freshet.index.DocumentHead;
import dev.freshet.index.Filter;
import dev.freshet.index.SearchHit;
import dev.freshet.index.SearchMode;
import dev.freshet.index.VectorIndex;
import dev.freshet.pipeline.Freshness;
import dev.freshet.telemetry.Meters;
import java.lang.reflect.Proxy;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class SearchTest {

    /** An index with a fault: whatever it is asked, it gives a document of acme. */
    private static final VectorIndex FAULTY = (VectorIndex) Proxy.newProxyInstance(
            SearchTest.class.getClassLoader(), new Class<?>[] {VectorIndex.class}, (proxy, method, arguments) -> {
                if (!method.getName().equals("search")) {
                    throw new UnsupportedOperationException(method.getName());
                }
                return List.of(new SearchHit(1, head("acme"), "chunk", 0, "of acme", List.of()));
            });

    private static DocumentHead head(String tenant) {
        return new DocumentHead(
                new DocumentKey("articles", "1"),
                "1",
                new TableId("public", "articles"),
                Map.of("id", 1L),
                Map.of(),
                tenant,
                new Version(1, 1),
                Instant.EPOCH,
                Instant.EPOCH,
                "hash",
                List.of("chunk"));
    }

    private static SearchAnswer search(SearchMode mode, @Nullable String tenant) {
        try (var meters = new Meters();
                var embedder = Embedder.of(new HashModel().load(1), meters)) {
            return new Search(
                            FAULTY,
                            embedder,
                            Set.of("help"),
                            () -> new Freshness(null, 0, null),
                            () -> false,
                            collection -> List.of(),
                            meters)
                    .search(new SearchRequest("text", null, mode, 5, tenant, Filter.NONE));
        }
    }

    @ParameterizedTest
    @EnumSource
    void anotherTenantsDocumentIsAnErrorAndNoHit(SearchMode mode) {
        assertThatThrownBy(() -> search(mode, "umbrella"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("not of the tenant");
    }

    @Test
    void itsOwnIsAHit() {
        assertThat(search(SearchMode.LEXICAL, "acme").hits()).hasSize(1);
        assertThat(search(SearchMode.LEXICAL, null).hits()).hasSize(1);
    }
}
