/** The loop: from change events to an index that is current, with the checkpoint behind it. */
@NullMarked
package dev.freshet.pipeline;

import org.jspecify.annotations.NullMarked;
