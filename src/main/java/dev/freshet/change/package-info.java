/** What happened in the source database, free of any vendor's types. */
@NullMarked
package dev.freshet.change;

import org.jspecify.annotations.NullMarked;
