/** Capture with Debezium Embedded. Nothing outside this package sees a Debezium or Kafka Connect type. */
@NullMarked
package dev.freshet.source.debezium;

import org.jspecify.annotations.NullMarked;
