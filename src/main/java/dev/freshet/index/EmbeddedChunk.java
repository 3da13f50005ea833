package dev.freshet.index;

import dev.freshet.chunk.Chunk;

/** A chunk with its vector, of the collection's dimension and of length one. */
public record EmbeddedChunk(Chunk chunk, float[] vector) {}
