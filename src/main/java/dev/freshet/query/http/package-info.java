/** The HTTP door to search. */
@NullMarked
package dev.freshet.query.http;

import org.jspecify.annotations.NullMarked;
