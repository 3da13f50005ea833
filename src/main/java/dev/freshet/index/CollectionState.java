package dev.freshet.index;

import org.jspecify.annotations.Nullable;

/**
 * A collection as it stands.
 *
 * @param spec what it was built with
 * @param documents how many documents it holds
 * @param chunks how many chunks it holds
 * @param position the source position that was recorded with its last {@link VectorIndex#flush}, as text
 */
public record CollectionState(
        CollectionSpec spec,
        long documents,
        long chunks,
        @Nullable String position) {}
