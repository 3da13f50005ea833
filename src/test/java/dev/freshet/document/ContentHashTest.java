package dev.freshet.document;

import static dev.freshet.document.Rows.object;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;
import org.jspecify.annotations.Nullable;

final class ContentHashTest {

    record Payload(
            String id,
            Map<String, @Nullable Object> metadata,
            @Nullable String tenant) {

        String hash() {
            return ContentHash.payloadHash(id, metadata, tenant);
        }
    }

    @Example
    void staysTheSameForEver() {
        Payload payload = new Payload(
                "7",
                object(
                        "a",
                        null,
                        "b",
                        true,
                        "c",
                        1L,
                        "d",
                        1.5,
                        "e",
                        new BigDecimal("1.50"),
                        "f",
                        List.of("x"),
                        "g",
                        Map.of("h", "ü")),
                "acme");
        assertThat(payload.hash()).isEqualTo("5812c32da8227ec87a551ef16895180f6bac08d8354f676b96a5782fc561ae4b");
    }

    @Example
    void nothingRunsTogether() {
        List<Payload> different = List.of(
                new Payload("ab", Map.of(), "c"),
                new Payload("a", Map.of(), "bc"),
                new Payload("abc", Map.of(), ""),
                new Payload("abc", Map.of(), null),
                new Payload("", Map.of("a", "bc"), null),
                new Payload("", Map.of("ab", "c"), null),
                new Payload("", Map.of("a", List.of("b", "c")), null),
                new Payload("", Map.of("a", List.of("", "\u7373")), null),
                new Payload("", Map.of("a", List.of("\u7373", "")), null),
                new Payload("", Map.of("a", List.of(List.of("b", "c"))), null),
                new Payload("", Map.of("a", List.of(List.of("b"), "c")), null),
                new Payload("", Map.of("a", List.of("b", List.of("c"))), null),
                new Payload("", Map.of("a", Map.of("b", "c")), null),
                new Payload("", object("a", null), null),
                new Payload("", Map.of("a", "null"), null),
                new Payload("", Map.of("a", false), null),
                new Payload("", Map.of("a", "false"), null),
                new Payload("", Map.of("a", 1L), null),
                new Payload("", Map.of("a", 1.0), null),
                new Payload("", Map.of("a", "1"), null),
                new Payload("", Map.of("a", new BigDecimal("1")), null),
                new Payload("", Map.of("a", "\ud800"), null),
                new Payload("", Map.of("a", "\udc00"), null));
        assertThat(different).extracting(Payload::hash).doesNotHaveDuplicates();
    }

    @Property(tries = 50, edgeCases = EdgeCasesMode.NONE)
    void differentPayloadsHaveDifferentHashes(@ForAll @Size(500) List<@From("payloads") Payload> payloads) {
        Set<Payload> different = new HashSet<>(payloads);
        assertThat(different).extracting(Payload::hash).doesNotHaveDuplicates();
    }

    @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
    void theOrderOfKeysDoesNotCount(@ForAll("payloads") Payload payload) {
        assertThat(new Payload(payload.id(), reversed(payload.metadata()), payload.tenant()).hash())
                .isEqualTo(payload.hash())
                .matches("[0-9a-f]{64}");
    }

    @Example
    void refusesWhatIsNoJson() {
        assertThatThrownBy(() -> ContentHash.payloadHash("", Map.of("a", 1), null))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Provide
    Arbitrary<Payload> payloads() {
        Arbitrary<String> texts = texts();
        return Combinators.combine(texts, objects(2), texts.injectNull(0.3)).as(Payload::new);
    }

    /**
     * Few letters and short texts, so that many payloads differ only in where one part ends; U+7373 has the bytes that
     * mark a text.
     */
    private static Arbitrary<String> texts() {
        return Arbitraries.strings()
                .withChars('a', '\u7373', '\ud800', '\udc00')
                .ofMaxLength(2);
    }

    private static Arbitrary<Map<String, @Nullable Object>> objects(int depth) {
        return Arbitraries.maps(texts(), values(depth)).ofMaxSize(2).map(LinkedHashMap::new);
    }

    private static Arbitrary<@Nullable Object> values(int depth) {
        List<Arbitrary<?>> kinds = new ArrayList<>(Arrays.asList(
                texts(),
                Arbitraries.of(true, false),
                Arbitraries.longs().between(-2, 2),
                Arbitraries.of(0.0, -0.0, 1.0, 0.5),
                Arbitraries.of("0", "1", "1.0", "1.00", "0.5").map(BigDecimal::new)));
        if (depth > 0) {
            kinds.add(values(depth - 1).list().ofMaxSize(2));
            kinds.add(objects(depth - 1));
        }
        return Arbitraries.oneOf(kinds.stream()
                        .map(kind -> kind.map(value -> (Object) value))
                        .toList())
                .injectNull(0.1);
    }

    private static Map<String, @Nullable Object> reversed(Map<String, @Nullable Object> object) {
        Map<String, @Nullable Object> reversed = new TreeMap<>(Collections.reverseOrder());
        object.forEach((key, value) ->
                reversed.put(key, value instanceof Map<?, ?> inner ? reversedInner(inner) : value));
        return reversed;
    }

    private static Map<String, @Nullable Object> reversedInner(Map<?, ?> object) {
        Map<String, @Nullable Object> copy = new LinkedHashMap<>();
        object.forEach((key, value) -> copy.put((String) key, value));
        return reversed(copy);
    }
}
