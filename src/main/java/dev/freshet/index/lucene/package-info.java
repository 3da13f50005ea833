/** The embedded vector index: Lucene in a folder, no server. Nothing outside this package sees a Lucene type. */
@NullMarked
package dev.freshet.index.lucene;

import org.jspecify.annotations.NullMarked;
