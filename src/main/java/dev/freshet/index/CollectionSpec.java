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

    /**
     * Checks that what was built with this can be gone on with another.
     *
     * @throws IndexException if that has another model or dimension
     */
    public void requireContinuedBy(CollectionSpec next) {
        if (next.dimension != dimension || !next.model.equals(model)) {
            throw IndexException.refused(
                    "The collection was built with model %s of %d dimensions and cannot go on with model %s of %d; build a new one"
                            .formatted(model, dimension, next.model, next.dimension));
        }
    }
}
