/** What a configuration for a database nobody has configured yet could be: tables looked at, mappings proposed, YAML written. */
@NullMarked
package dev.freshet.proposal;

import org.jspecify.annotations.NullMarked;
