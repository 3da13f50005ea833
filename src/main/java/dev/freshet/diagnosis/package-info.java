/** What can be wrong, what to do about it, and how to look at many such things at once. */
@NullMarked
package dev.freshet.diagnosis;

import org.jspecify.annotations.NullMarked;
