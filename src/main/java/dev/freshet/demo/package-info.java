/** A help centre's database to try Freshet with: an embedded PostgreSQL and its content. */
@NullMarked
package dev.freshet.demo;

import org.jspecify.annotations.NullMarked;
