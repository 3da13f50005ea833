/** Turns a row into a document: mapping, template, membership. Pure: no I/O, no clock, no logger. */
@NullMarked
package dev.freshet.document;

import org.jspecify.annotations.NullMarked;
