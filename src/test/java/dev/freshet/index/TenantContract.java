package dev.freshet.index;

import static dev.freshet.index.SampleDocument.SPEC;
import static dev.freshet.index.SampleDocument.article;
import static dev.freshet.index.SampleDocument.puts;
import static dev.freshet.index.SampleDocument.vectorOf;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.index.Filter.AnyOf;
import dev.freshet.index.Filter.Condition;
import dev.freshet.index.Filter.Range;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every {@link VectorIndex} keeps to: a tenant beside a filter holds whatever the filter says, and whatever the
 * documents of others have in their metadata.
 */
public abstract class TenantContract {

    private static final String COLLECTION = "articles";

    /** Fields by which somebody might reach somebody else's documents. */
    private static final List<String> FIELDS = List.of(
            "tenant",
            "freshet_tenant",
            "metadata.tenant",
            "metadata.freshet_tenant",
            "meta.freshet_tenant",
            "x.tenant",
            "x",
            "Tenant",
            "tenant ",
            "tenant.",
            ".tenant",
            "",
            ".",
            "..",
            "*",
            "x[]",
            "x[0].tenant",
            "\"tenant\"",
            "\"",
            "\\",
            "tenant\0sacme",
            "tenant\0",
            "\0",
            "id",
            "mapping",
            "text",
            "freshet_document",
            "group");

    private static final List<Object> VALUES = List.of(
            "acme",
            "umbrella",
            "*",
            "",
            "acme\0",
            "\0",
            "\ud800",
            "null",
            "x".repeat(2_000),
            "1",
            true,
            false,
            1L,
            0.0,
            -1L);

    private VectorIndex index;

    /** Opens an empty one. */
    protected abstract VectorIndex open();

    @BeforeEach
    void fill() {
        index = open();
        index.create(COLLECTION, SPEC);
        // The others pretend to be acme wherever a row of theirs can say so.
        Map<String, @Nullable Object> forged = new LinkedHashMap<>();
        forged.put("tenant", "acme");
        forged.put("freshet_tenant", "acme");
        forged.put("tenant\0sacme", "acme");
        forged.put("metadata", Map.of("tenant", "acme", "freshet_tenant", "acme"));
        forged.put("x", List.of(Map.of("tenant", "acme"), "acme"));
        forged.put("group", 1L);
        index.apply(
                COLLECTION,
                puts(
                        article("1", "lantern one").with(Map.of("group", 1L)).tenant("acme"),
                        article("2", "lantern two").with(forged).tenant("umbrella"),
                        article("3", "lantern three").with(forged),
                        article("4", "lantern four").with(forged).tenant(""),
                        article("5", "lantern five").with(forged).tenant("acme\0"),
                        article("6", "lantern six").with(forged).tenant("ACME"),
                        article("7", "lantern seven").with(forged).tenant("acme "),
                        article("8", "lantern eight").with(forged).tenant("*"),
                        article("9", "lantern nine").with(Map.of("group", 1L)).tenant("acme")));
    }

    @AfterEach
    void close() {
        index.close();
    }

    private Set<String> found(Filter filter) {
        Set<String> rows = new HashSet<>();
        for (IndexQuery query : List.of(
                new IndexQuery.Dense(vectorOf("anything"), 100, filter),
                new IndexQuery.Lexical("lantern", 100, filter),
                new IndexQuery.Hybrid(vectorOf("anything"), "lantern", 100, filter))) {
            index.search(COLLECTION, query)
                    .forEach(hit -> rows.add(hit.document().key().row()));
        }
        return rows;
    }

    @Test
    void everyTenantFindsItsOwnAndNothingElse() {
        assertThat(found(Filter.NONE.ofTenant("acme"))).containsExactlyInAnyOrder("1", "9");
        assertThat(found(Filter.NONE.ofTenant("umbrella"))).containsExactly("2");
        assertThat(found(Filter.NONE.ofTenant("ACME"))).containsExactly("6");
        assertThat(found(Filter.NONE.ofTenant("acme "))).containsExactly("7");
        assertThat(found(Filter.NONE.ofTenant("*"))).containsExactly("8");
        assertThat(found(Filter.NONE.ofTenant("nobody"))).isEmpty();
        assertThat(found(new Filter(List.of(new AnyOf("group", List.of(1L)))).ofTenant("acme")))
                .containsExactlyInAnyOrder("1", "9");
        assertThat(found(Filter.NONE)).hasSize(9);
    }

    @Test
    void anotherTenantInTheFilterFindsNothing() {
        assertThat(found(new Filter(List.of(new AnyOf("tenant", List.of("umbrella")))).ofTenant("acme")))
                .isEmpty();
        assertThat(found(new Filter(List.of(new AnyOf("tenant", List.of("umbrella", "acme")))).ofTenant("acme")))
                .containsExactlyInAnyOrder("1", "9");
    }

    @Test
    void noFilterReachesAnothersDocuments() {
        var random = new Random(20_261_125);
        for (int i = 0; i < 400; i++) {
            List<Condition> conditions = new ArrayList<>();
            for (int each = random.nextInt(3); each >= 0; each--) {
                conditions.add(condition(random));
            }
            Filter filter = new Filter(conditions);
            try {
                assertThat(found(filter.ofTenant("acme"))).as(filter.toString()).isSubsetOf("1", "9");
            } catch (IndexException e) {
                // A range of a true value, say, is refused.
                assertThat(e.kind()).as(filter.toString()).isEqualTo(IndexException.Kind.PERMANENT);
            }
        }
    }

    private static Condition condition(Random random) {
        String field = FIELDS.get(random.nextInt(FIELDS.size()));
        return switch (random.nextInt(3)) {
            case 0 -> new Range(field, null, null, null, null);
            case 1 -> {
                Object bound = random.nextBoolean() ? (Object) 0L : "2026-01-01";
                yield random.nextBoolean()
                        ? new Range(field, bound, null, null, null)
                        : new Range(field, null, null, null, bound);
            }
            default -> {
                List<Object> values = new ArrayList<>();
                for (int i = random.nextInt(4); i > 0; i--) {
                    values.add(VALUES.get(random.nextInt(VALUES.size())));
                }
                yield new AnyOf(field, values);
            }
        };
    }
}
