/** Comparing the index with its source. */
@NullMarked
package dev.freshet.reconcile;

import org.jspecify.annotations.NullMarked;
