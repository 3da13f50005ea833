package dev.freshet.pipeline;

import static dev.freshet.pipeline.Changes.ARTICLES;
import static dev.freshet.pipeline.Changes.delete;
import static dev.freshet.pipeline.Changes.truncate;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.change.ChangeEvent;
import dev.freshet.change.ChangeEvent.Origin;
import dev.freshet.pipeline.LoopModel.Rules;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * C1, C2 and C4 in a small world, looked at completely: every order of the steps of the loop (capture, take, read heads,
 * write, flush, acknowledge) of one or two writers over three events, with a crash of any one of them at any moment, after
 * which it reads again from its checkpoint. States that are alike are looked at once.
 *
 * <p>The steps are those of the real {@link Backlog}, {@link Intake} and {@link BatchProcessor}; see {@link LoopModel}.
 */
final class LoopModelTest {

    private static final String LONG =
            "one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
                    + " fifteen sixteen seventeen eighteen nineteen twenty. ";

    /** Three events of one log. */
    record Scene(String name, List<ChangeEvent> events) {

        @Override
        public String toString() {
            return name;
        }
    }

    /** How much was looked at. */
    private record Explored(int states, int steps, int settled) {}

    @TempDir
    private static Path folder;

    private static LoopModel.Surroundings surroundings;

    @BeforeAll
    static void start() {
        surroundings = new LoopModel.Surroundings(folder);
    }

    @AfterAll
    static void stop() {
        surroundings.close();
    }

    static Stream<Scene> scenes() {
        return Stream.of(
                scene("insert, update, delete", upsert(1, 1, "first"), upsert(1, 2, "second"), delete(1, 3)),
                scene("insert, delete, the key again", upsert(1, 1, "first"), delete(1, 2), upsert(1, 3, "second")),
                scene(
                        "insert, metadata only, text",
                        upsert(1, 1, LONG + LONG + "end"),
                        metadata(1, 2, LONG + LONG + "end", "returns"),
                        upsert(1, 3, LONG + LONG + "another end")),
                scene("insert, truncate, insert", upsert(1, 1, "first"), truncate(ARTICLES, 2), upsert(1, 3, "second")),
                scene("a key changes", upsert(1, 1, "first"), delete(1, 2), upsert(2, 3, "first")),
                scene("two documents", upsert(1, 1, "first"), upsert(2, 2, "second"), upsert(1, 3, "third")),
                scene("two documents, truncate", upsert(1, 1, "first"), upsert(2, 2, "second"), truncate(ARTICLES, 3)));
    }

    private static Scene scene(String name, ChangeEvent... events) {
        return new Scene(name, List.of(events));
    }

    private static ChangeEvent upsert(long id, long version, String body) {
        return Changes.upsert(id, version, body);
    }

    private static ChangeEvent metadata(long id, long version, String body, String category) {
        return Changes.upsert(ARTICLES, id, version, body, category, Origin.LIVE);
    }

    @ParameterizedTest
    @MethodSource("scenes")
    void oneWriterWithTwoWorkers(Scene scene) {
        assertThat(explored(scene, Rules.ALONE).settled()).isPositive();
    }

    /** The rest of the scenes, in finer steps, is below: it takes a minute. */
    static Stream<Scene> someScenes() {
        return scenes().filter(
                        scene -> scene.name().contains("again") || scene.name().contains("metadata"));
    }

    @ParameterizedTest
    @MethodSource("someScenes")
    void twoWriters(Scene scene) {
        assertThat(explored(scene, Rules.TWO).settled()).isPositive();
    }

    @Tag("chaos")
    @ParameterizedTest
    @MethodSource("scenes")
    void twoWritersInFinerSteps(Scene scene) {
        assertThat(explored(scene, new Rules(2, 1, true, true, true, true)).settled())
                .isPositive();
    }

    /** A row that stops being a member, with one writer: with a second one only what both have done in the end counts. */
    @Test
    void aRowThatStopsBeingAMember() {
        Scene scene = scene(
                "insert, leaves, comes back",
                upsert(1, 1, "first"),
                metadata(1, 2, "first", "draft"),
                upsert(1, 3, "second"));
        assertThat(explored(scene, Rules.ALONE).settled()).isPositive();
    }

    /** That the model would notice: without the fence a row comes back. */
    @Test
    void noticesAMissingFence() {
        Scene scene = scene("insert, update, delete", upsert(1, 1, "first"), upsert(1, 2, "second"), delete(1, 3));
        assertThatThrownBy(() -> explored(scene, new Rules(2, 1, true, false, true, false)))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("went back");
    }

    /** That the model would notice: what is finished must be noted before the flush, not after. */
    @Test
    void noticesACheckpointThatIsNotedAfterTheFlush() {
        Scene scene = scene("two documents", upsert(1, 1, "first"), upsert(2, 2, "second"), upsert(1, 3, "third"));
        assertThatThrownBy(() -> explored(scene, new Rules(1, 2, false, true, false, true)))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("checkpoint is ahead");
    }

    private static Explored explored(Scene scene, Rules rules) {
        Deque<List<String>> open = new ArrayDeque<>();
        open.push(List.of());
        Set<String> seen = new HashSet<>();
        int steps = 0;
        int settled = 0;
        while (!open.isEmpty()) {
            var path = new ArrayList<>(open.pop());
            try (var model = new LoopModel(scene.events(), rules, surroundings)) {
                path.forEach(model::step);
                steps += path.size();
                while (seen.add(model.state())) {
                    List<String> able = model.able();
                    if (model.isDrained()) {
                        model.assertSettled();
                        settled++;
                    } else {
                        assertThat(able).as("%s: stuck", path).isNotEmpty();
                    }
                    if (able.isEmpty()) {
                        break;
                    }
                    for (String other : able.subList(1, able.size())) {
                        var branch = new ArrayList<>(path);
                        branch.add(other);
                        open.push(branch);
                    }
                    path.add(able.getFirst());
                    model.step(able.getFirst());
                    steps++;
                }
            }
        }
        System.out.printf(
                "%s, %d writers: %,d states, %,d steps, %,d ends%n",
                scene, rules.writers(), seen.size(), steps, settled);
        return new Explored(seen.size(), steps, settled);
    }
}
