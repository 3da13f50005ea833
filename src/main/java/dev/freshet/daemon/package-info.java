/** Puts the rooms together and keeps them running. */
@NullMarked
package dev.freshet.daemon;

import org.jspecify.annotations.NullMarked;
