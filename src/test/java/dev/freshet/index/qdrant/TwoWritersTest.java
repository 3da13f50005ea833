package dev.freshet.index.qdrant;

import static dev.freshet.index.SampleDocument.SPEC;
import static dev.freshet.index.SampleDocument.article;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.change.Version;
import dev.freshet.config.PayloadLayout;
import dev.freshet.config.QdrantCollectionConfig.Distance;
import dev.freshet.config.Secret;
import dev.freshet.index.DocumentHead;
import dev.freshet.index.DocumentWrite;
import dev.freshet.index.EmbeddedChunk;
import dev.freshet.index.HeadJson;
import dev.freshet.index.IndexException;
import dev.freshet.index.Refusal;
import dev.freshet.index.SampleDocument;
import io.grpc.Status;
import io.qdrant.client.grpc.JsonWithInt.Value;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Two processes write one document at the same time, in every order of their steps, and one of them dies before any of
 * its own: an exhaustive exploration of a small scope, with the real code on both sides of the wire.
 *
 * <p>Two steps that only read are taken in one order, since it makes no difference.
 */
final class TwoWritersTest {

    private static final String DOCS = "docs";
    private static final int NEVER = Integer.MAX_VALUE;

    private static final SampleDocument FIRST = article("1").version(1, "kept", "back");
    private static final SampleDocument SECOND =
            article("1").version(2, "kept", "two").with(Map.of("level", 2L));
    /** Lists again what the second removes. */
    private static final SampleDocument THIRD = article("1")
            .version(3, "kept", "back", "three")
            .with(Map.of("level", 3L))
            .tenant("acme");

    private static final SampleDocument LAST = article("1").version(9, "kept", "last");

    private static final SampleDocument DELETED = article("1").version(4);

    /** What two writers do at once to what is there. */
    record Scene(@Nullable SampleDocument before, SampleDocument a, SampleDocument b) {

        @Override
        public String toString() {
            return "%s then %s beside %s".formatted(name(before), name(a), name(b));
        }

        private static String name(@Nullable SampleDocument document) {
            return document == null ? "nothing" : "v" + document.version().commit();
        }
    }

    private static QdrantDouble server;
    private static QdrantIndex a;
    private static QdrantIndex b;

    @BeforeAll
    static void start() {
        server = new QdrantDouble();
        a = open("a");
        b = open("b");
        a.create(DOCS, SPEC);
        b.create(DOCS, SPEC);
        a.apply(DOCS, List.of(THIRD.put()));
        b.apply(DOCS, List.of(THIRD.put()));
    }

    private static QdrantIndex open(String name) {
        return new QdrantIndex(
                Configs.at("localhost", server.port(), new Secret(name), PayloadLayout.FRESHET, Distance.COSINE));
    }

    @AfterAll
    static void stop() {
        a.close();
        b.close();
        server.close();
    }

    static Stream<Scene> scenes() {
        return Stream.of(
                new Scene(null, FIRST, SECOND),
                new Scene(FIRST, SECOND, THIRD),
                new Scene(FIRST, THIRD, SECOND),
                new Scene(SECOND, THIRD, THIRD),
                new Scene(FIRST, SECOND, DELETED),
                new Scene(null, THIRD, DELETED),
                new Scene(SECOND, THIRD, DELETED));
    }

    /** Without those that are another one with the writers exchanged. */
    static Stream<Scene> distinctScenes() {
        return scenes().filter(scene -> !scene.equals(new Scene(FIRST, THIRD, SECOND)));
    }

    @ParameterizedTest
    @MethodSource("distinctScenes")
    void theNewestWinsWhateverTheOrderOfTheSteps(Scene scene) throws Exception {
        int orders = explore(scene, NEVER);
        System.out.printf("%s: %,d orders of steps%n", scene, orders);
        assertThat(orders).isGreaterThan(10);
    }

    @ParameterizedTest
    @Tag("chaos")
    @MethodSource("scenes")
    void theNewestWinsAlsoWhenOneDiesAndComesAgain(Scene scene) throws Exception {
        int orders = 0;
        for (int steps = 0; steps < 9; steps++) {
            orders += explore(scene, steps);
        }
        System.out.printf("%s, one dying: %,d orders of steps%n", scene, orders);
        assertThat(orders).isGreaterThan(10);
    }

    /** Tries every order; returns how many there are. */
    private static int explore(Scene scene, int aDiesAfter) throws Exception {
        var choices = new ArrayList<Integer>();
        int orders = 0;
        while (true) {
            var run = new Run(choices, aDiesAfter);
            run.go(scene);
            orders++;
            choices.clear();
            choices.addAll(run.taken);
            while (!choices.isEmpty() && choices.getLast() + 1 >= run.options.get(choices.size() - 1)) {
                choices.removeLast();
            }
            if (choices.isEmpty()) {
                return orders;
            }
            choices.set(choices.size() - 1, choices.getLast() + 1);
        }
    }

    /** One order of steps: as told at first, then always the first writer that can go on. */
    private static final class Run implements QdrantDouble.Steps {
        private final List<Integer> told;
        private final int aDiesAfter;
        private final List<Integer> taken = new ArrayList<>();
        private final List<Integer> options = new ArrayList<>();
        private final List<String> trace = new ArrayList<>();

        // Under this.
        private final Map<String, String> waiting = new TreeMap<>();
        private final Set<String> running = new HashSet<>();
        private @Nullable String turn;
        private int stepsOfA;

        private Version seen = Version.NONE;

        private Run(List<Integer> told, int aDiesAfter) {
            this.told = List.copyOf(told);
            this.aDiesAfter = aDiesAfter;
        }

        void go(Scene scene) throws Exception {
            server.steps(null);
            clear();
            if (scene.before() != null) {
                a.apply(DOCS, List.of(scene.before().put()));
            }
            server.steps(this);
            running.add("a");
            running.add("b");
            var failures = new ArrayList<Throwable>();
            Thread first = Thread.ofVirtual().start(() -> work("a", a, scene.a(), failures));
            Thread second = Thread.ofVirtual().start(() -> work("b", b, scene.b(), failures));
            schedule();
            first.join();
            second.join();
            server.steps(null);
            if (aDiesAfter != NEVER) {
                // It was not acknowledged, so it comes again.
                write(a, scene.a());
            }
            assertThat(failures).as(trace.toString()).isEmpty();
            check();
            assertSettled(scene);
        }

        private void work(String name, QdrantIndex index, SampleDocument event, List<Throwable> failures) {
            try {
                write(index, event);
            } catch (IndexException e) {
                if (!name.equals("a") || aDiesAfter == NEVER) {
                    synchronized (this) {
                        failures.add(e);
                    }
                }
            } finally {
                synchronized (this) {
                    running.remove(name);
                    notifyAll();
                }
            }
        }

        @Override
        public synchronized void before(String writer, String step) {
            if (writer.equals("a") && stepsOfA++ >= aDiesAfter) {
                throw Status.INVALID_ARGUMENT.withDescription("it died").asRuntimeException();
            }
            waiting.put(writer, step);
            notifyAll();
            try {
                while (!writer.equals(turn)) {
                    wait();
                }
            } catch (InterruptedException e) {
                throw Status.CANCELLED.asRuntimeException();
            }
            turn = null;
            waiting.remove(writer);
        }

        /** Whenever both writers stand before a step, or one does and the other has ended, lets one of them do it. */
        private synchronized void schedule() throws InterruptedException, IOException {
            while (true) {
                while (turn != null || !waiting.keySet().containsAll(running)) {
                    wait();
                }
                check();
                if (running.isEmpty()) {
                    return;
                }
                List<String> able = List.copyOf(waiting.keySet());
                if (able.size() == 2 && waiting.values().stream().allMatch(Run::isRead)) {
                    able = able.subList(0, 1);
                }
                int choice = 0;
                if (able.size() > 1) {
                    choice = taken.size() < told.size() ? told.get(taken.size()) : 0;
                    taken.add(choice);
                    options.add(able.size());
                }
                turn = able.get(choice);
                trace.add(turn + " " + waiting.get(turn));
                notifyAll();
            }
        }

        private static boolean isRead(String step) {
            return step.equals("get") || step.equals("scroll");
        }

        /** What a reader could see now: a head has all its chunks, and the version never goes back. */
        private void check() throws IOException {
            var points = server.collection(DOCS + "@1.heads").points();
            for (var entry : points.entrySet()) {
                if (entry.getKey().equals(Ids.DESCRIPTION)) {
                    continue;
                }
                Version version = Fence.version(entry.getValue().payload());
                assertThat(version).as(trace.toString()).isGreaterThanOrEqualTo(seen);
                seen = version;
                DocumentHead head = head(entry.getValue().payload());
                if (head != null) {
                    assertThat(server.collection(DOCS).points().keySet())
                            .as(trace.toString())
                            .containsAll(head.chunkIds());
                }
            }
        }

        private void assertSettled(Scene scene) throws IOException {
            SampleDocument newest = scene.a().version().compareTo(scene.b().version()) > 0 ? scene.a() : scene.b();
            var heads = new LinkedHashMap<>(server.collection(DOCS + "@1.heads").points());
            heads.remove(Ids.DESCRIPTION);
            assertThat(heads).as(trace.toString()).hasSize(1);
            DocumentHead head = head(heads.values().iterator().next().payload());
            if (newest.equals(DELETED)) {
                assertThat(head).as(trace.toString()).isNull();
            } else {
                assertThat(head).as(trace.toString()).isEqualTo(newest.head());
                for (String id : newest.head().chunkIds()) {
                    assertThat(payloadHash(id))
                            .as(trace.toString())
                            .isEqualTo(newest.head().payloadHash());
                }
            }
            // What a writer that lost left behind, which no head lists, goes with the next write.
            write(b, LAST);
            assertThat(server.collection(DOCS).points().keySet())
                    .as(trace.toString())
                    .containsExactlyInAnyOrderElementsOf(LAST.head().chunkIds());
        }
    }

    private static String payloadHash(String chunk) {
        return requireNonNull(server.collection(DOCS).points().get(chunk))
                .payload()
                .getOrDefault(Layout.PAYLOAD, Value.getDefaultInstance())
                .getStringValue();
    }

    private static @Nullable DocumentHead head(Map<String, Value> payload) throws IOException {
        if (!payload.containsKey("head")) {
            return null;
        }
        byte[] json = requireNonNull(payload.get("head")).getStringValue().getBytes(StandardCharsets.UTF_8);
        return HeadJson.read(json, 0, json.length);
    }

    private static void clear() {
        server.collection(DOCS).points().clear();
        server.collection(DOCS + "@1.heads").points().keySet().removeIf(id -> !id.equals(Ids.DESCRIPTION));
    }

    /** As the loop does: compared with what is there, and planned anew when that has moved. */
    private static void write(QdrantIndex index, SampleDocument event) {
        List<Refusal> refusals = IntStream.range(0, 10)
                .mapToObj(attempt -> index.apply(DOCS, List.of(planned(index, event))))
                .map(refused -> refused.get(event.key()))
                .takeWhile(refusal -> refusal == Refusal.MOVED)
                .toList();
        assertThat(refusals).hasSizeLessThan(10);
    }

    private static DocumentWrite planned(QdrantIndex index, SampleDocument event) {
        if (event.equals(DELETED)) {
            return event.remove();
        }
        DocumentHead head = index.heads(DOCS, List.of(event.key())).get(event.key());
        if (head == null) {
            return event.put();
        }
        List<EmbeddedChunk> added = event.chunks().stream()
                .filter(embedded -> !head.chunkIds().contains(embedded.chunk().id()))
                .toList();
        boolean keeps = added.size() < event.texts().size();
        return new DocumentWrite.Put(
                event.head(),
                keeps ? head.stamp() : null,
                added,
                List.of(),
                !head.payloadHash().equals(event.head().payloadHash()));
    }
}
