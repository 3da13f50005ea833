package dev.freshet.pipeline;

import dev.freshet.change.ChangeEvent;
import dev.freshet.change.ChangeEvent.Barrier;
import dev.freshet.change.ChangeEvent.Origin;
import dev.freshet.change.ChangeEvent.RowDeleted;
import dev.freshet.change.ChangeEvent.RowUpserted;
import dev.freshet.change.ChangeEvent.TableTruncated;
import dev.freshet.change.Row;
import dev.freshet.change.RowKey;
import dev.freshet.change.SourcePosition;
import dev.freshet.change.TableId;
import dev.freshet.change.Version;
import dev.freshet.chunk.Chunker;
import dev.freshet.chunk.ChunkingSpec;
import dev.freshet.chunk.Tokenizer;
import dev.freshet.document.DocumentKey;
import dev.freshet.document.Mapping;
import dev.freshet.source.Column;
import dev.freshet.source.ColumnType;
import dev.freshet.source.Table;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Changes of a table of articles, and where they go. */
final class Changes {

    static final TableId ARTICLES = new TableId("public", "articles");
    static final TableId NOTES = new TableId("public", "notes");
    static final String COLLECTION = "help";
    static final Instant COMMITTED = Instant.parse("2026-03-01T10:00:00Z");

    /** A text with this is more than the tokenizer bears. */
    static final String INDIGESTIBLE = "indigestible";

    private Changes() {}

    /** Words are tokens. */
    static final Tokenizer WORDS = new Tokenizer() {
        @Override
        public int count(String text) {
            if (text.contains(INDIGESTIBLE)) {
                throw new IllegalStateException("the tokenizer cannot count this");
            }
            return text.isBlank() ? 0 : text.strip().split("\\s+").length;
        }

        @Override
        public int specialTokens() {
            return 2;
        }

        @Override
        public int maxTokens() {
            return 512;
        }

        @Override
        public String fingerprint() {
            return "words";
        }
    };

    static Target target(TableId table) {
        return target(table, table.name());
    }

    static Target target(TableId table, String mapping) {
        return target(table, mapping, WORDS);
    }

    static Target target(TableId table, String mapping, Tokenizer tokenizer) {
        var text = new Column("body", ColumnType.TEXT, ColumnType.TEXT, false);
        var id = new Column("id", ColumnType.INTEGER, ColumnType.INTEGER, false);
        var category = new Column("category", ColumnType.TEXT, ColumnType.TEXT, false);
        return new Target(
                Mapping.of(
                        mapping,
                        table,
                        COLLECTION,
                        null,
                        "{{body}}",
                        List.of("category"),
                        null,
                        "row.category != 'draft'"),
                new Chunker(new ChunkingSpec(ChunkingSpec.Strategy.RECURSIVE, 34, 0), tokenizer),
                new Table(table, List.of(id, text, category), List.of("id")));
    }

    static SourcePosition at(long version) {
        return new SourcePosition("test", new Version(version, version), COMMITTED.plusMillis(version), null);
    }

    static RowKey key(long id) {
        return RowKey.of("id", id);
    }

    static DocumentKey document(long id) {
        return new DocumentKey(ARTICLES.name(), Long.toString(id));
    }

    static RowUpserted upsert(long id, long version, String body) {
        return upsert(ARTICLES, id, version, body, "billing", Origin.LIVE);
    }

    static RowUpserted backfilled(long id, long version, String body) {
        return upsert(ARTICLES, id, version, body, "billing", Origin.BACKFILL);
    }

    static RowUpserted upsert(
            TableId table, long id, long version, String body, @Nullable String category, Origin origin) {
        var values = new LinkedHashMap<String, @Nullable Object>();
        values.put("id", id);
        values.put("body", body);
        values.put("category", category);
        return new RowUpserted(table, key(id), Row.of(values), origin, at(version), null);
    }

    static RowDeleted delete(long id, long version) {
        return new RowDeleted(ARTICLES, key(id), at(version));
    }

    static ChangeEvent truncate(TableId table, long version) {
        return new TableTruncated(table, at(version));
    }

    static ChangeEvent barrier(String id, long version) {
        return new Barrier(id, at(version));
    }
}
