/** The command line: one command per file. */
@NullMarked
package dev.freshet.cli;

import org.jspecify.annotations.NullMarked;
