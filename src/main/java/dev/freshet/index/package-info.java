/** The port to a vector index, and what is written to it and found in it. */
@NullMarked
package dev.freshet.index;

import org.jspecify.annotations.NullMarked;
