/** Turns chunk texts into vectors: the models, and the one queue in front of them. */
@NullMarked
package dev.freshet.embed;

import org.jspecify.annotations.NullMarked;
