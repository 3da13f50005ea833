/** Meters and health. */
@NullMarked
package dev.freshet.telemetry;

import org.jspecify.annotations.NullMarked;
