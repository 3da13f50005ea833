/** The configuration: one record per section of the YAML, its loading, checking and secrets. */
@NullMarked
package dev.freshet.config;

import org.jspecify.annotations.NullMarked;
