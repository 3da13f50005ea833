package dev.freshet.chunk;

import static dev.freshet.chunk.TestTokenizers.MINI_LM;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.chunk.ChunkingSpec.Strategy;
import dev.freshet.document.DocumentKey;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What an edit costs: the chunks of a document of some 20 that are new after one paragraph or sentence changed. */
final class EditStabilityTest {

    /** Counts a text once: hundreds of nearly equal documents are cut here. */
    private static final Tokenizer TOKENIZER = new Tokenizer() {
        private final Map<String, Integer> counts = new ConcurrentHashMap<>();

        @Override
        public int count(String text) {
            return counts.computeIfAbsent(text, MINI_LM::count);
        }

        @Override
        public int specialTokens() {
            return MINI_LM.specialTokens();
        }

        @Override
        public int maxTokens() {
            return MINI_LM.maxTokens();
        }

        @Override
        public String fingerprint() {
            return MINI_LM.fingerprint();
        }
    };

    private static final DocumentKey KEY = new DocumentKey("articles", "7");

    @ParameterizedTest
    @EnumSource(value = Strategy.class, names = "WHOLE", mode = EnumSource.Mode.EXCLUDE)
    void anEditedParagraphCostsTheChunksItTouches(Strategy strategy) {
        List<Integer> fresh = new ArrayList<>();
        for (int seed = 0; seed < 3; seed++) {
            Random random = new Random(seed);
            List<String> parts = parts(random);
            fresh.addAll(edits(strategy, parts, part -> Prose.paragraph(random, 5 + random.nextInt(120))));
        }
        check(strategy + " paragraph", fresh);
    }

    @ParameterizedTest
    @EnumSource(value = Strategy.class, names = "WHOLE", mode = EnumSource.Mode.EXCLUDE)
    void anEditedSentenceCostsTheChunksItTouches(Strategy strategy) {
        List<Integer> fresh = new ArrayList<>();
        for (int seed = 10; seed < 13; seed++) {
            Random random = new Random(seed);
            List<String> parts = parts(random);
            fresh.addAll(edits(strategy, parts, part -> {
                String[] sentences = part.split("(?<=\\.) ");
                sentences[random.nextInt(sentences.length)] = Prose.sentence(random, 4 + random.nextInt(25));
                return String.join(" ", sentences);
            }));
        }
        check(strategy + " sentence", fresh);
    }

    /** The chunks that are new, for an edit of each part that is no heading. */
    private static List<Integer> edits(Strategy strategy, List<String> parts, UnaryOperator<String> edit) {
        Chunker chunker = new Chunker(new ChunkingSpec(strategy, 256, 0), TOKENIZER);
        List<Chunk> before = chunker.chunk(KEY, String.join("\n\n", parts));
        assertThat(before).hasSizeBetween(15, 35);
        Set<String> known = before.stream().map(Chunk::id).collect(Collectors.toSet());
        List<Integer> fresh = new ArrayList<>();
        for (int i = 0; i < parts.size(); i++) {
            if (!parts.get(i).startsWith("#")) {
                List<String> edited = new ArrayList<>(parts);
                edited.set(i, edit.apply(parts.get(i)));
                fresh.add((int) chunker.chunk(KEY, String.join("\n\n", edited)).stream()
                        .filter(chunk -> !known.contains(chunk.id()))
                        .count());
            }
        }
        return fresh;
    }

    private static List<String> parts(Random random) {
        List<String> parts = new ArrayList<>();
        parts.add("# Handbook");
        for (int i = 0; i < 55; i++) {
            if (i % 6 == 0) {
                parts.add("## Chapter " + i);
            }
            parts.add(Prose.paragraph(random, 20 + random.nextInt(80)));
        }
        return parts;
    }

    private static void check(String what, List<Integer> fresh) {
        Collections.sort(fresh);
        double mean = fresh.stream().mapToInt(Integer::intValue).average().orElseThrow();
        int median = fresh.get(fresh.size() / 2);
        System.out.printf(
                "%s: %d edits, mean %.2f, median %d, p95 %d, max %d%n",
                what, fresh.size(), mean, median, fresh.get(fresh.size() * 95 / 100), fresh.getLast());
        assertThat(mean).as(what).isLessThanOrEqualTo(1.6);
        assertThat(median).as(what).isEqualTo(1);
    }
}
