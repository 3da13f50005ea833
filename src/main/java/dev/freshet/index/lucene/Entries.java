package dev.freshet.index.lucene;

import dev.freshet.change.Traceparent;
import dev.freshet.change.Version;
import dev.freshet.chunk.Chunk;
import dev.freshet.document.DocumentKey;
import dev.freshet.index.DocumentHead;
import dev.freshet.index.EmbeddedChunk;
import dev.freshet.index.HeadJson;
import dev.freshet.index.Tombstone;
import java.io.IOException;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.lucene.document.BinaryDocValuesField;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.Field.Store;
import org.apache.lucene.document.FieldType;
import org.apache.lucene.document.KnnFloatVectorField;
import org.apache.lucene.document.LongPoint;
import org.apache.lucene.document.StoredField;
import org.apache.lucene.document.StringField;
import org.apache.lucene.index.BinaryDocValues;
import org.apache.lucene.index.DocValues;
import org.apache.lucene.index.IndexOptions;
import org.apache.lucene.index.IndexableField;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.Term;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.util.BytesRef;
import org.jspecify.annotations.Nullable;

/**
 * The kinds of Lucene documents and their fields: a head for each of our documents, an entry for each chunk, a vector for
 * each distinct text, because many equal vectors ruin the graph that finds near ones, and a tombstone for each document
 * that was removed and each mapping that was truncated.
 */
final class Entries {

    /** Of a head: the document's key. */
    static final String HEAD = "head";
    /** Of a chunk: its id, as term and as value. */
    static final String CHUNK = "chunk";
    /** Of a vector: the hash of its text, as term and as value. */
    static final String VECTOR = "vector";
    /** Of head and chunk: the document's key. */
    static final String DOCUMENT = "document";
    /** Of head and chunk: the document's mapping. */
    static final String MAPPING = "mapping";
    /** Of a chunk: the hash of its text, as term and as value. */
    static final String HASH = "hash";
    /** Of a chunk: its vector as bytes. */
    static final String EXACT_VECTOR = "exact_vector";
    /** Of a vector: the graph's field. */
    static final String GRAPH = "graph";

    /** Of a chunk: the words of what was embedded, its headings and its text. */
    static final String WORDS = "words";

    /** Of head and tombstone: the version, as a value. */
    static final String VERSION = "version";
    /** Of a tombstone of a document: its key. */
    static final String TOMBSTONE = "tombstone";
    /** Of a tombstone of a document: its mapping. */
    static final String BURIED = "buried";
    /** Of a tombstone of a mapping: the mapping. */
    static final String TRUNCATED = "truncated";
    /** Of a tombstone: when it was made, in milliseconds. */
    static final String MADE_AT = "made_at";

    private static final String REMOVED_AT = "removed_at";
    private static final String REMOVED_BY = "removed_by";
    private static final String KIND = "kind";
    private static final String HEAD_JSON = "head_json";
    private static final String TEXT = "text";
    private static final String HEADINGS = "headings";

    static final Query ALL_HEADS = new TermQuery(new Term(KIND, HEAD));
    static final Query ALL_CHUNKS = new TermQuery(new Term(KIND, CHUNK));

    /** The fields of the document's own that metadata of the same name does not hide. */
    private static final Set<String> OWN = Set.of("tenant", "mapping", "id");

    /** What is stored of a chunk. */
    record ChunkContent(BytesRef document, String text, List<String> headings) {}

    /** With lengths, which BM25 needs, and without positions, which it does not. */
    private static final FieldType COUNTED = new FieldType();

    static {
        COUNTED.setTokenized(true);
        COUNTED.setIndexOptions(IndexOptions.DOCS_AND_FREQS);
        COUNTED.freeze();
    }

    private Entries() {}

    static BytesRef keyTerm(DocumentKey key) {
        return Terms.of(key.toString());
    }

    static Document head(DocumentHead head) {
        var entry = new Document();
        entry.add(new StringField(KIND, HEAD, Store.NO));
        entry.add(new StringField(HEAD, keyTerm(head.key()), Store.NO));
        addOwner(entry, head.key());
        entry.add(new StoredField(HEAD_JSON, HeadJson.write(head)));
        entry.add(new BinaryDocValuesField(VERSION, Versions.bytes(head.version())));
        addNoWords(entry);
        return entry;
    }

    static Document tombstone(DocumentKey key, Version version, @Nullable Traceparent trace, Instant now) {
        Document entry = tombstone(version, now);
        if (trace != null) {
            entry.add(new StoredField(REMOVED_BY, trace.toString()));
        }
        entry.add(new StringField(TOMBSTONE, keyTerm(key), Store.NO));
        entry.add(new StringField(BURIED, Terms.of(key.mapping()), Store.NO));
        return entry;
    }

    static Document truncation(String mapping, Version version, Instant now) {
        Document entry = tombstone(version, now);
        entry.add(new StringField(TRUNCATED, Terms.of(mapping), Store.NO));
        return entry;
    }

    private static Document tombstone(Version version, Instant now) {
        var entry = new Document();
        entry.add(new StringField(KIND, TOMBSTONE, Store.NO));
        entry.add(new BinaryDocValuesField(VERSION, Versions.bytes(version)));
        entry.add(new LongPoint(MADE_AT, now.toEpochMilli()));
        entry.add(new StoredField(REMOVED_AT, now.toEpochMilli()));
        addNoWords(entry);
        return entry;
    }

    /** The tombstones made until then. */
    static Query tombstonesUntil(Instant time) {
        return LongPoint.newRangeQuery(MADE_AT, Long.MIN_VALUE, time.toEpochMilli());
    }

    static Document vector(BytesRef hash, float[] vector) {
        var entry = new Document();
        entry.add(new StringField(KIND, VECTOR, Store.NO));
        entry.add(new StringField(VECTOR, hash, Store.NO));
        entry.add(new BinaryDocValuesField(VECTOR, hash));
        entry.add(new KnnFloatVectorField(GRAPH, vector, VectorSimilarityFunction.DOT_PRODUCT));
        addNoWords(entry);
        return entry;
    }

    /** Where every entry has a length of words, even of none, Lucene finds lengths at once instead of searching for them. */
    private static void addNoWords(Document entry) {
        entry.add(new Field(WORDS, "", COUNTED));
    }

    static Document chunk(DocumentHead head, EmbeddedChunk embedded, float[] vector) {
        Chunk chunk = embedded.chunk();
        return chunk(
                head,
                new BytesRef(chunk.id()),
                new BytesRef(chunk.hash()),
                chunk.text(),
                chunk.headings(),
                Vectors.toBytes(vector));
    }

    /** A chunk that is in the index already, with what its document's new head says to filters. */
    static Document chunk(DocumentHead head, IndexSearcher searcher, LeafReaderContext leaf, int doc)
            throws IOException {
        ChunkContent content = content(searcher, leaf.docBase + doc);
        return chunk(
                head,
                value(leaf, CHUNK, doc),
                value(leaf, HASH, doc),
                content.text(),
                content.headings(),
                value(leaf, EXACT_VECTOR, doc));
    }

    private static Document chunk(
            DocumentHead head, BytesRef id, BytesRef hash, String text, List<String> headings, BytesRef vector) {
        var entry = new Document();
        entry.add(new StringField(KIND, CHUNK, Store.NO));
        entry.add(new StringField(CHUNK, id, Store.NO));
        entry.add(new BinaryDocValuesField(CHUNK, id));
        entry.add(new StringField(HASH, hash, Store.NO));
        entry.add(new BinaryDocValuesField(HASH, hash));
        entry.add(new BinaryDocValuesField(EXACT_VECTOR, vector));
        addOwner(entry, head.key());
        entry.add(new StoredField(DOCUMENT, keyTerm(head.key())));
        entry.add(new StoredField(TEXT, text));
        headings.forEach(heading -> entry.add(new StoredField(HEADINGS, heading)));
        entry.add(new Field(WORDS, Chunk.embeddingText(headings, text), COUNTED));
        addFilterFields(entry, head);
        return entry;
    }

    private static void addOwner(Document entry, DocumentKey key) {
        entry.add(new StringField(DOCUMENT, keyTerm(key), Store.NO));
        entry.add(new StringField(MAPPING, Terms.of(key.mapping()), Store.NO));
    }

    private static void addFilterFields(Document entry, DocumentHead head) {
        addFilterField(entry, "id", head.id());
        addFilterField(entry, "mapping", head.key().mapping());
        addFilterField(entry, "tenant", head.tenant());
        head.metadata().forEach((name, value) -> {
            if (!OWN.contains(name)) {
                addFilterField(entry, name, value);
            }
        });
    }

    private static void addFilterField(Document entry, String name, @Nullable Object value) {
        switch (value) {
            case null -> {
                // An absent value satisfies no condition.
            }
            case List<?> list -> list.forEach(element -> addFilterField(entry, name, element));
            case Map<?, ?> map -> map.forEach((inner, element) -> addFilterField(entry, name + "." + inner, element));
            case Number number -> {
                entry.add(new StringField(FilterValues.TERMS, FilterValues.term(name, number), Store.NO));
                entry.add(new LongPoint(
                        FilterValues.NUMBERS, FilterValues.nameHash(name), FilterValues.sortable(number)));
            }
            default -> {
                entry.add(new StringField(FilterValues.TERMS, FilterValues.term(name, value), Store.NO));
                FilterValues.micros(value.toString())
                        .ifPresent(micros ->
                                entry.add(new LongPoint(FilterValues.TIMES, FilterValues.nameHash(name), micros)));
            }
        }
    }

    static DocumentHead readHead(IndexSearcher searcher, int doc) throws IOException {
        Document stored = searcher.storedFields().document(doc, Set.of(HEAD_JSON));
        BytesRef json = stored.getBinaryValue(HEAD_JSON);
        return HeadJson.read(json.bytes, json.offset, json.length);
    }

    static Tombstone readTombstone(IndexSearcher searcher, LeafReaderContext leaf, int doc) throws IOException {
        Document stored = searcher.storedFields().document(leaf.docBase + doc, Set.of(REMOVED_AT, REMOVED_BY));
        IndexableField removedAt = stored.getField(REMOVED_AT);
        return new Tombstone(
                Versions.of(leaf, doc),
                removedAt == null
                        ? null
                        : Instant.ofEpochMilli(removedAt.numericValue().longValue()),
                Traceparent.parse(stored.get(REMOVED_BY)).orElse(null));
    }

    static ChunkContent content(IndexSearcher searcher, int doc) throws IOException {
        Document stored = searcher.storedFields().document(doc, Set.of(DOCUMENT, TEXT, HEADINGS));
        return new ChunkContent(
                stored.getBinaryValue(DOCUMENT), stored.get(TEXT), Arrays.asList(stored.getValues(HEADINGS)));
    }

    static boolean isChunk(LeafReaderContext leaf, int doc) throws IOException {
        return DocValues.getBinary(leaf.reader(), CHUNK).advanceExact(doc);
    }

    /** A copy of a value that the document has. */
    static BytesRef value(LeafReaderContext leaf, String field, int doc) throws IOException {
        BinaryDocValues values = DocValues.getBinary(leaf.reader(), field);
        if (!values.advanceExact(doc)) {
            throw new IOException("a document in the index has no " + field);
        }
        return BytesRef.deepCopyOf(values.binaryValue());
    }
}
