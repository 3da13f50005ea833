/** Search over the synchronized index. */
@NullMarked
package dev.freshet.query;

import org.jspecify.annotations.NullMarked;
