@NullMarked
package dev.freshet.chunk;

import org.jspecify.annotations.NullMarked;
