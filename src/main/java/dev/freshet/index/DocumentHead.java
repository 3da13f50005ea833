package dev.freshet.index;

import dev.freshet.change.TableId;
import dev.freshet.change.Traceparent;
import dev.freshet.change.Version;
import dev.freshet.document.DocumentKey;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What the index holds of one document beside its chunks. Writing the head is the moment a document changes: a chunk
 * which its document's head does not list is never found.
 *
 * @param key its identity
 * @param id the id that callers see
 * @param table the table of its row
 * @param rowKey the primary key of its row as JSON values, in key order
 * @param metadata what is returned with a hit, JSON values
 * @param tenant whose document it is
 * @param version the source's version it was made from
 * @param committedAt when that version was committed
 * @param indexedAt when it was written
 * @param payloadHash of id, metadata and tenant: differs when the payload of unchanged chunks must be rewritten
 * @param chunkIds its chunks in the order of the text
 * @param provenance how it came here; null in heads that were written before that was noted
 */
public record DocumentHead(
        DocumentKey key,
        String id,
        TableId table,
        Map<String, Object> rowKey,
        Map<String, @Nullable Object> metadata,
        @Nullable String tenant,
        Version version,
        Instant committedAt,
        Instant indexedAt,
        String payloadHash,
        List<String> chunkIds,
        @Nullable Provenance provenance) {

    public DocumentHead {
        chunkIds = List.copyOf(chunkIds);
    }

    /** The row's key as text, as {@link dev.freshet.change.RowKey#text} writes it. */
    public String row() {
        return key.row();
    }

    /** A head that does not say how it came here. */
    public DocumentHead(
            DocumentKey key,
            String id,
            TableId table,
            Map<String, Object> rowKey,
            Map<String, @Nullable Object> metadata,
            @Nullable String tenant,
            Version version,
            Instant committedAt,
            Instant indexedAt,
            String payloadHash,
            List<String> chunkIds) {
        this(key, id, table, rowKey, metadata, tenant, version, committedAt, indexedAt, payloadHash, chunkIds, null);
    }

    /** Which change made this version; null in heads that were written before that was noted. */
    public @Nullable Traceparent trace() {
        return provenance == null ? null : provenance.trace();
    }

    /** Tells this head from every other one of its document, also from one of the same version. */
    public String stamp() {
        String told = version + "\n" + indexedAt + "\n" + payloadHash + "\n" + String.join("\n", chunkIds);
        return UUID.nameUUIDFromBytes(told.getBytes(StandardCharsets.UTF_8)).toString();
    }
}
