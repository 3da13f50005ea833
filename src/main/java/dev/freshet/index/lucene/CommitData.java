package dev.freshet.index.lucene;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freshet.index.CollectionSpec;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What is kept with a commit: how the collection is built, and what it is current to. */
record CommitData(CollectionSpec spec, @Nullable String position) {

    private static final String FORMAT = "freshet.format";
    /** Without lengths and stems of words, or without the versions of heads as values. */
    private static final Set<String> EARLIER_FORMATS = Set.of("1", "2");

    private static final String CURRENT_FORMAT = "3";
    private static final String DIMENSION = "freshet.dimension";
    private static final String MODEL = "freshet.model";
    private static final String CHUNKER = "freshet.chunker";
    private static final String MAPPINGS = "freshet.mappings";
    private static final String POSITION = "freshet.position";

    private static final ObjectMapper MAPPER = new ObjectMapper();

    CommitData withPosition(@Nullable String newPosition) {
        return newPosition == null ? this : new CommitData(spec, newPosition);
    }

    CommitData withSpec(CollectionSpec newSpec) {
        return new CommitData(newSpec, position);
    }

    Map<String, String> toUserData() {
        var data = new HashMap<String, String>();
        data.put(FORMAT, CURRENT_FORMAT);
        data.put(DIMENSION, Integer.toString(spec.dimension()));
        data.put(MODEL, spec.model());
        data.put(CHUNKER, spec.chunker());
        try {
            data.put(MAPPINGS, MAPPER.writeValueAsString(spec.mappings()));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("strings can always be JSON", e);
        }
        if (position != null) {
            data.put(POSITION, position);
        }
        return data;
    }

    /**
     * Reads what {@link #toUserData} made.
     *
     * @throws IOException if it is not that, or of a format that this version does not know
     */
    static CommitData fromUserData(Map<String, String> data) throws IOException {
        String format = data.get(FORMAT);
        if (format != null && EARLIER_FORMATS.contains(format)) {
            throw new IOException("an earlier version of Freshet built it, without what this one needs; "
                    + "remove the folder, and the next start reads, embeds and indexes its rows again");
        }
        if (!CURRENT_FORMAT.equals(format)) {
            throw new IOException(
                    format == null ? "it is no index of Freshet" : "it has format " + format + ", which is unknown");
        }
        Map<String, String> mappings = MAPPER.readValue(present(data, MAPPINGS), new TypeReference<>() {});
        var spec = new CollectionSpec(
                Integer.parseInt(present(data, DIMENSION)), present(data, MODEL), present(data, CHUNKER), mappings);
        return new CommitData(spec, data.get(POSITION));
    }

    private static String present(Map<String, String> data, String name) throws IOException {
        String value = data.get(name);
        if (value == null) {
            throw new IOException("its commit has no " + name);
        }
        return value;
    }
}
