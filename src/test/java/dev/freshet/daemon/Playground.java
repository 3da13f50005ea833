package dev.freshet.daemon;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Three tables and random changes of them: an identity key, a composite key with membership, and a text key with a large
 * column that most updates leave alone.
 */
final class Playground implements AutoCloseable {

    static final String TABLES = """
            CREATE TABLE articles (
                id bigint PRIMARY KEY, title text NOT NULL, body text NOT NULL, category text,
                tenant text NOT NULL, views int NOT NULL DEFAULT 0);
            CREATE TABLE comments (
                article bigint, place int, author text, body text NOT NULL, status text NOT NULL,
                PRIMARY KEY (article, place));
            CREATE TABLE manuals (slug text PRIMARY KEY, content text NOT NULL, downloads int NOT NULL DEFAULT 0);
            ALTER TABLE manuals ALTER COLUMN content SET STORAGE EXTERNAL;
            """;

    private static final List<String> WORDS = List.of(
            "refund", "harbour", "invoice", "label", "parcel", "über", "naïve", "日本", "token", "webhook", "roast",
            "basket", "ledger", "quartz", "river", "🙂", "stock", "plan", "gift", "return");

    private static final int KEYS = 40;

    private final Connection connection;
    private final SplittableRandom random;

    Playground(String url, long seed) throws SQLException {
        this.connection = DriverManager.getConnection(url, "postgres", "");
        this.random = new SplittableRandom(seed);
    }

    static void create(String url) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url, "postgres", "");
                var statement = connection.createStatement()) {
            statement.execute(TABLES);
        }
    }

    void fillArticles(int count) throws SQLException {
        connection.setAutoCommit(false);
        for (int i = 0; i < count; i++) {
            update(
                    "INSERT INTO articles VALUES (?, ?, ?, ?, ?, 0) ON CONFLICT DO NOTHING",
                    1_000L + i,
                    words(3),
                    body(1 + random.nextInt(3)),
                    words(1),
                    "t" + random.nextInt(3));
        }
        connection.commit();
        connection.setAutoCommit(true);
    }

    /** One random transaction of one to five changes. */
    void change() throws SQLException {
        connection.setAutoCommit(false);
        int changes = 1 + random.nextInt(5);
        for (int i = 0; i < changes; i++) {
            changeOnce();
        }
        if (random.nextInt(20) == 0) {
            connection.rollback();
        } else {
            connection.commit();
        }
        connection.setAutoCommit(true);
    }

    private void changeOnce() throws SQLException {
        long id = random.nextInt(KEYS);
        switch (random.nextInt(16)) {
            case 0, 1 ->
                update(
                        "INSERT INTO articles VALUES (?, ?, ?, ?, ?, 0) ON CONFLICT (id) DO UPDATE SET body = excluded.body",
                        id,
                        words(3),
                        body(1 + random.nextInt(8)),
                        words(1),
                        "t" + random.nextInt(3));
            case 2 -> update("UPDATE articles SET views = views + 1 WHERE id = ?", id);
            case 3 -> update("UPDATE articles SET category = ?, tenant = ? WHERE id = ?", words(1), "t9", id);
            case 4 -> update("UPDATE articles SET body = body || ? WHERE id = ?", "\n\n" + body(1), id);
            case 5 -> update("DELETE FROM articles WHERE id = ?", id);
            case 6 ->
                update(
                        "UPDATE articles SET id = ? WHERE id = ? AND NOT EXISTS (SELECT 1 FROM articles WHERE id = ?)",
                        id + KEYS,
                        id,
                        id + KEYS);
            case 7, 8 ->
                update(
                        "INSERT INTO comments VALUES (?, ?, ?, ?, ?) ON CONFLICT (article, place) DO UPDATE SET"
                                + " body = excluded.body, status = excluded.status",
                        id,
                        random.nextInt(3),
                        random.nextBoolean() ? words(1) : null,
                        words(1 + random.nextInt(40)),
                        random.nextInt(3) == 0 ? "hidden" : "published");
            case 9 -> update("UPDATE comments SET status = 'hidden' WHERE article = ?", id);
            case 10 -> update("UPDATE comments SET status = 'published' WHERE article = ?", id);
            case 11 -> update("DELETE FROM comments WHERE article = ?", id);
            case 12 ->
                update(
                        "INSERT INTO manuals VALUES (?, ?, 0) ON CONFLICT (slug) DO UPDATE SET content = excluded.content",
                        "manual, " + id,
                        body(20));
            case 13 -> update("UPDATE manuals SET downloads = downloads + 1 WHERE slug = ?", "manual, " + id);
            case 14 -> update("UPDATE manuals SET slug = ? WHERE slug = ?", "m" + UUID.randomUUID(), "manual, " + id);
            default -> {
                if (random.nextInt(30) == 0) {
                    update("TRUNCATE comments");
                } else {
                    update("UPDATE articles SET views = views + 1, title = ? WHERE id < ?", words(2), 3L);
                }
            }
        }
    }

    private String words(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> WORDS.get(random.nextInt(WORDS.size())) + random.nextInt(50))
                .collect(Collectors.joining(" "));
    }

    private String body(int paragraphs) {
        return IntStream.range(0, paragraphs)
                .mapToObj(i -> (i % 4 == 0 ? "## " + words(2) + "\n\n" : "") + words(30 + random.nextInt(40)) + ".")
                .collect(Collectors.joining("\n\n"));
    }

    private void update(String sql, @Nullable Object... parameters) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            statement.executeUpdate();
        }
    }

    void execute(String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** The one value that a query gives, as text. */
    String text(String sql) throws SQLException {
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            rows.next();
            return String.valueOf(rows.getString(1));
        }
    }

    /** The configuration that indexes the tables. */
    static String configuration(String url, String slot, Path state) {
        return """
                state: %s
                source:
                  url: %s
                  user: postgres
                  password: none
                  slot: %s
                  publication: %s
                  backfillChunk: 64
                collections:
                  help: {chunking: {strategy: markdown, size: 128}}
                  manuals: {chunking: {strategy: recursive, size: 128, overlap: 16}}
                mappings:
                  - table: articles
                    collection: help
                    text: "# {{title}}\\n\\n{{body}}"
                    metadata: [category, views]
                    tenant: tenant
                  - table: comments
                    collection: help
                    text: "{{author}}: {{body}}"
                    metadata: [author, status]
                    when: row.status == 'published'
                  - table: manuals
                    collection: manuals
                    text: "{{content}}"
                    metadata: [downloads]
                  - name: headlines
                    table: articles
                    collection: manuals
                    text: "{{title}}"
                    when: row.views > 0
                http: {port: 0}
                """.formatted(state, url, slot, slot);
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
