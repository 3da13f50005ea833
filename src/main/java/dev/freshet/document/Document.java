package dev.freshet.document;

import static java.util.Objects.requireNonNull;

import dev.freshet.change.RowKey;
import dev.freshet.change.SourcePosition;
import dev.freshet.change.TableId;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What one row says to a reader of the index.
 *
 * @param key its identity
 * @param id the id that callers see; by default the row's key
 * @param table the table of the row
 * @param rowKey the row's primary key
 * @param text what is chunked and embedded
 * @param metadata what can be filtered by and is returned with a hit: JSON values (null, Boolean, Long, Double,
 *     BigDecimal, String, List, Map), times as ISO 8601 strings; sorted by name
 * @param tenant whose document it is, where the mapping names a tenant column
 * @param position the change that made this version
 */
public record Document(
        DocumentKey key,
        String id,
        TableId table,
        RowKey rowKey,
        String text,
        Map<String, @Nullable Object> metadata,
        @Nullable String tenant,
        SourcePosition position) {

    public Document {
        requireNonNull(key);
        requireNonNull(id);
        requireNonNull(table);
        requireNonNull(rowKey);
        requireNonNull(text);
        metadata = Collections.unmodifiableMap(new TreeMap<>(metadata));
        requireNonNull(position);
    }
}
