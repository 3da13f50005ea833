/** Reading a whole table through the loop, beside the live changes. */
@NullMarked
package dev.freshet.reindex;

import org.jspecify.annotations.NullMarked;
