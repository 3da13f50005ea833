package dev.freshet.index;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.freshet.change.ChangeEvent.Origin;
import dev.freshet.change.TableId;
import dev.freshet.change.Traceparent;
import dev.freshet.change.Version;
import dev.freshet.document.DocumentKey;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A head as JSON, for indexes that keep it as a whole. Numbers come back as Long, or as Double where that is exact, or else as BigDecimal, so that no digit
 * of a decimal is lost.
 */
public final class HeadJson {

    /** What was written must be read again, however long the texts and numbers of its row are. */
    private static final JsonFactory UNBOUNDED = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNumberLength(Integer.MAX_VALUE)
                    .maxStringLength(Integer.MAX_VALUE)
                    .maxNameLength(Integer.MAX_VALUE)
                    .build())
            .build();

    private static final JsonMapper MAPPER = JsonMapper.builder(UNBOUNDED)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    private record Json(
            String mapping,
            String row,
            String id,
            String schema,
            String table,
            Map<String, Object> rowKey,
            Map<String, @Nullable Object> metadata,
            @Nullable String tenant,
            String version,
            String committedAt,
            String indexedAt,
            String payloadHash,
            List<String> chunkIds,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable JsonProvenance provenance) {}

    private record JsonProvenance(
            String traceparent,
            String origin,
            String capturedAt,
            String preparedAt,
            @Nullable String embeddedAt,
            int embedded) {

        static @Nullable JsonProvenance of(@Nullable Provenance provenance) {
            return provenance == null
                    ? null
                    : new JsonProvenance(
                            provenance.trace().toString(),
                            provenance.origin().name(),
                            provenance.capturedAt().toString(),
                            provenance.preparedAt().toString(),
                            provenance.embeddedAt() == null
                                    ? null
                                    : provenance.embeddedAt().toString(),
                            provenance.embedded());
        }

        Provenance provenance() throws IOException {
            return new Provenance(
                    Traceparent.parse(traceparent)
                            .orElseThrow(() -> new IOException("'" + traceparent + "' is no traceparent")),
                    Origin.valueOf(origin),
                    Instant.parse(capturedAt),
                    Instant.parse(preparedAt),
                    embeddedAt == null ? null : Instant.parse(embeddedAt),
                    embedded);
        }
    }

    private HeadJson() {}

    /** The head as UTF-8. */
    public static byte[] write(DocumentHead head) {
        try {
            return MAPPER.writeValueAsBytes(new Json(
                    head.key().mapping(),
                    head.key().row(),
                    head.id(),
                    head.table().schema(),
                    head.table().name(),
                    head.rowKey(),
                    head.metadata(),
                    head.tenant(),
                    head.version().toString(),
                    head.committedAt().toString(),
                    head.indexedAt().toString(),
                    head.payloadHash(),
                    head.chunkIds(),
                    JsonProvenance.of(head.provenance())));
        } catch (IOException e) {
            throw new IllegalArgumentException("The head of " + head.key() + " holds what JSON cannot", e);
        }
    }

    /**
     * What {@link #write} wrote, in a part of an array.
     *
     * @throws IOException if it is something else
     */
    public static DocumentHead read(byte[] bytes, int offset, int length) throws IOException {
        Json json = MAPPER.readValue(bytes, offset, length, new TypeReference<Json>() {});
        var rowKey = new LinkedHashMap<String, Object>();
        json.rowKey.forEach((column, value) -> rowKey.put(column, exactPresent(value)));
        var metadata = new LinkedHashMap<String, @Nullable Object>();
        json.metadata.forEach((name, value) -> metadata.put(name, exact(value)));
        return new DocumentHead(
                new DocumentKey(json.mapping, json.row),
                json.id,
                new TableId(json.schema, json.table),
                rowKey,
                metadata,
                json.tenant,
                Version.parse(json.version),
                Instant.parse(json.committedAt),
                Instant.parse(json.indexedAt),
                json.payloadHash,
                json.chunkIds,
                json.provenance == null ? null : json.provenance.provenance());
    }

    private static @Nullable Object exact(@Nullable Object value) {
        return value == null ? null : exactPresent(value);
    }

    private static Object exactPresent(Object value) {
        return switch (value) {
            case BigDecimal decimal -> {
                double nearest = decimal.doubleValue();
                boolean same =
                        Double.isFinite(nearest) && BigDecimal.valueOf(nearest).compareTo(decimal) == 0;
                yield same ? (Object) nearest : decimal;
            }
            case Integer integer -> integer.longValue();
            case BigInteger integer -> new BigDecimal(integer);
            case List<?> list -> {
                var elements = new ArrayList<@Nullable Object>(list.size());
                list.forEach(element -> elements.add(exact(element)));
                yield elements;
            }
            case Map<?, ?> map -> {
                var entries = new LinkedHashMap<String, @Nullable Object>();
                map.forEach((name, element) -> entries.put((String) name, exact(element)));
                yield entries;
            }
            default -> value;
        };
    }
}
