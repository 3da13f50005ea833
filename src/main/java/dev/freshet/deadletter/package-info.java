/** Documents that could not be processed, parked durably. */
@NullMarked
package dev.freshet.deadletter;

import org.jspecify.annotations.NullMarked;
