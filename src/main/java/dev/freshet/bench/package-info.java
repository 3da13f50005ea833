/** Measures Freshet against baselines in the same run. */
@NullMarked
package dev.freshet.bench;

import org.jspecify.annotations.NullMarked;
