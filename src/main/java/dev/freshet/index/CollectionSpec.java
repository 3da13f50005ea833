package dev.freshet.index;

import java.util.Map;

/**
 * What a collection is built with; a collection built with another model or dimension cannot be gone on with.
 *
 * @param dimension of its vectors
 * @param model the fingerprint of the embedding model
 * @param chunker the fingerprint of the chunking
 * @param mappings the fingerprint of each mapping (template, metadata, tenant, membership) by its name
 */
public record CollectionSpec(int dimension, String model, String chunker, Map<String, String> mappings) {

    public CollectionSpec {
        if (dimension <= 0) {
            throw new IllegalArgumentException("dimension " + dimension);
        }
        mappings = Map.copyOf(mappings);
    }
}
