package dev.freshet.daemon;

import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Changes the tables of {@link Playground}, and the anchors, from several connections at once until it is closed: random
 * transactions, long ones that overlap with others, bursts on few rows, large texts, changes of metadata only, columns
 * that are added and dropped. A connection that breaks is opened again.
 */
final class ChaosLoad implements AutoCloseable {

    /** Rows that are changed all the time and never removed. */
    static final int ANCHORS = 4;

    static final String TABLES = """
            CREATE TABLE anchors (
                id int PRIMARY KEY, name text NOT NULL, revision int NOT NULL, body text NOT NULL, owner text NOT NULL);
            INSERT INTO anchors SELECT n, 'anchor' || n || 'mark', 0, 'in the beginning', 'nobody'
              FROM generate_series(1, %d) n;
            """.formatted(ANCHORS);

    private static final List<String> EXPECTED = List.of("40P01", "40001", "55P03", "57P01", "57P02", "57P03");

    private final String url;
    private final AtomicBoolean stopping = new AtomicBoolean();
    private final AtomicLong transactions = new AtomicLong();
    private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
    private final List<Thread> threads;

    /** One step of a load. */
    private interface Step {
        void run(Playground playground, SplittableRandom random) throws SQLException;
    }

    ChaosLoad(String url, long seed) {
        this.url = url;
        threads = List.of(
                start(seed + 1, 4, (playground, random) -> playground.change()),
                start(seed + 2, 10, ChaosLoad::slowly),
                start(seed + 3, 4, ChaosLoad::anchors));
    }

    private Thread start(long seed, long pauseMillis, Step step) {
        return Thread.ofPlatform().name("chaos-load").start(() -> {
            var random = new SplittableRandom(seed);
            while (!stopping.get()) {
                try (var playground = new Playground(url, random.nextLong())) {
                    while (!stopping.get()) {
                        step.run(playground, random);
                        transactions.incrementAndGet();
                        pause(Duration.ofMillis(pauseMillis));
                    }
                } catch (SQLException e) {
                    if (!isExpected(e)) {
                        failure.compareAndSet(null, e);
                        return;
                    }
                    pause(Duration.ofMillis(50));
                }
            }
        });
    }

    /** Deadlocks between the loads, and a server that goes down, comes up or is away. */
    private static boolean isExpected(SQLException e) {
        String state = e.getSQLState();
        return state == null || state.startsWith("08") || EXPECTED.contains(state);
    }

    private static void pause(Duration time) {
        LockSupport.parkNanos(time.toNanos());
    }

    /** A transaction that stays open while others come and go, or one that changes the shape of a table. */
    private static void slowly(Playground playground, SplittableRandom random) throws SQLException {
        switch (random.nextInt(12)) {
            case 0 -> playground.execute("ALTER TABLE articles ADD COLUMN IF NOT EXISTS extra text DEFAULT 'x'");
            case 1 -> playground.execute("ALTER TABLE articles DROP COLUMN IF EXISTS extra");
            case 2 -> playground.execute("TRUNCATE comments");
            default -> {
                playground.execute("BEGIN");
                int changes = 1 + random.nextInt(6);
                for (int i = 0; i < changes; i++) {
                    long id = random.nextInt(40);
                    switch (random.nextInt(5)) {
                        case 0 ->
                            playground.execute("UPDATE articles SET body = repeat('large " + random.nextInt(1_000)
                                    + " text. ', 4000) WHERE id = " + id);
                        case 1 -> playground.execute("UPDATE articles SET views = views + 1 WHERE id = " + id);
                        case 2 -> playground.execute("DELETE FROM articles WHERE id = " + id);
                        case 3 ->
                            playground.execute("INSERT INTO articles VALUES (" + id
                                    + ", 'again', 'a text that came again', 'x', 't1', 1) ON CONFLICT (id) DO UPDATE"
                                    + " SET body = excluded.body");
                        default -> playground.execute("UPDATE comments SET status = 'published' WHERE article = " + id);
                    }
                    pause(Duration.ofMillis(random.nextInt(60)));
                }
                playground.execute(random.nextInt(4) == 0 ? "ROLLBACK" : "COMMIT");
            }
        }
    }

    /** Bursts on one row, whose text and metadata both say the revision. */
    private static void anchors(Playground playground, SplittableRandom random) throws SQLException {
        int id = 1 + random.nextInt(ANCHORS);
        int burst = random.nextInt(8) == 0 ? 30 : 1;
        for (int i = 0; i < burst; i++) {
            playground.execute(change(id, random));
        }
    }

    private static String change(int id, SplittableRandom random) {
        return switch (random.nextInt(3)) {
            case 0 -> "UPDATE anchors SET owner = 'o" + random.nextInt(1_000) + "' WHERE id = " + id;
            case 1 ->
                "UPDATE anchors SET revision = revision + 1, body = '" + paragraphs(random) + "' WHERE id = " + id;
            default -> "UPDATE anchors SET revision = revision + 1 WHERE id = " + id;
        };
    }

    private static String paragraphs(SplittableRandom random) {
        var text = new StringBuilder();
        int paragraphs = 1 + random.nextInt(6);
        for (int i = 0; i < paragraphs; i++) {
            for (int word = 0; word < 40; word++) {
                text.append("word").append(random.nextInt(300)).append(' ');
            }
            text.append("\n\n");
        }
        return text.toString();
    }

    /** How many transactions were tried and went through. */
    long transactions() {
        return transactions.get();
    }

    /** What went wrong with the load itself, if anything did. */
    @Nullable Exception failure() {
        return failure.get();
    }

    @Override
    public void close() throws InterruptedException {
        stopping.set(true);
        for (Thread thread : threads) {
            thread.join();
        }
    }
}
