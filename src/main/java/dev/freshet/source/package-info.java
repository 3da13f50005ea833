/** Where changes come from: the port, and the row lookups beside it. */
@NullMarked
package dev.freshet.source;

import org.jspecify.annotations.NullMarked;
