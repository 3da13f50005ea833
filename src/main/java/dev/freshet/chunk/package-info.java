/** Splits a document's text into chunks by the embedding model's own tokens. Pure: no I/O, no clock, no logger. */
@NullMarked
package dev.freshet.chunk;

import org.jspecify.annotations.NullMarked;
