package dev.freshet.pipeline;

import static dev.freshet.pipeline.Changes.ARTICLES;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.change.ChangeEvent;
import dev.freshet.change.ChangeEvent.Origin;
import dev.freshet.embed.HashModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/** Whatever passes whatever while the model is slow: in the end the index holds the last version of each document. */
final class LoopHistoryTest {

    /** What happens next: a change of a document, or a truncation, or one slow text gets its vector. */
    record Step(Kind kind, int document, String text, String category) {}

    enum Kind {
        UPSERT,
        DELETE,
        TRUNCATE,
        ANSWER
    }

    private static final LoopLimits TIGHT = new LoopLimits(
            1 << 20,
            2,
            64 << 10,
            2,
            64 << 10,
            LoopLimits.BACKFILL_WORKERS,
            Duration.ofMillis(1),
            Duration.ofSeconds(5));

    @Provide
    Arbitrary<List<Step>> histories() {
        return Combinators.combine(
                        Arbitraries.frequency(
                                Tuple.of(12, Kind.UPSERT),
                                Tuple.of(2, Kind.DELETE),
                                Tuple.of(1, Kind.TRUNCATE),
                                Tuple.of(3, Kind.ANSWER)),
                        Arbitraries.integers().between(1, 5),
                        Arbitraries.of("quick", "other", HashModel.SLOW, "more " + HashModel.SLOW),
                        Arbitraries.of("billing", "returns", "draft"))
                .as(Step::new)
                .list()
                .ofMinSize(20)
                .ofMaxSize(120);
    }

    @Property(tries = 40)
    void theLastVersionOfEachDocumentWins(@ForAll("histories") List<Step> history)
            throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("freshet-history");
        var expected = new TreeMap<String, String>();
        try (var running = new RunningLoop(folder, TIGHT)) {
            long version = 0;
            for (Step step : history) {
                version++;
                String row = Integer.toString(step.document());
                switch (step.kind()) {
                    case UPSERT -> {
                        running.accept(upsert(step, version));
                        if (step.category().equals("draft")) {
                            expected.remove(row);
                        } else {
                            expected.put(row, step.text() + " " + step.category() + " " + version);
                        }
                    }
                    case DELETE -> {
                        running.accept(Changes.delete(step.document(), version));
                        expected.remove(row);
                    }
                    case TRUNCATE -> {
                        running.accept(Changes.truncate(ARTICLES, version));
                        expected.clear();
                    }
                    case ANSWER -> running.model.slow.release();
                }
            }
            running.model.slow.release(1_000);
            running.awaitDrained();

            assertThat(running.failures).isEmpty();
            assertThat(found(running)).isEqualTo(expected);
            assertThat(running.loop.backlogBytes()).isZero();
        } finally {
            delete(folder);
        }
    }

    private static ChangeEvent upsert(Step step, long version) {
        return Changes.upsert(ARTICLES, step.document(), version, step.text(), step.category(), Origin.LIVE);
    }

    private static Map<String, String> found(RunningLoop running) {
        var found = new TreeMap<String, String>();
        running.articles().forEach((row, text) -> {
            var head = running.stored(Changes.document(Long.parseLong(row))).head();
            found.put(
                    row,
                    text + " " + head.metadata().get("category") + " "
                            + head.version().commit());
        });
        return found;
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
