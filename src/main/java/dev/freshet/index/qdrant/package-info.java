/** The port to a vector index, kept in a Qdrant server. */
@NullMarked
package dev.freshet.index.qdrant;

import org.jspecify.annotations.NullMarked;
