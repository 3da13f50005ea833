package dev.freshet.config;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Makes a record component a key of the YAML, under the component's name. Loading, checking and the reference in {@code
 * docs/configuration.md} all follow from it.
 *
 * <p>A key is required when it holds one value, has no default and is not nullable.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
@interface Key {

    /** What the key means, in Markdown: one or two sentences without the type and the default. */
    String value();

    /** What is taken when the key is not given, as it would stand in the YAML. */
    String byDefault() default NONE;

    /** Where the default is not a fixed value: what it is, in words. */
    String otherwise() default "";

    /** The least number, duration or size, as it would stand in the YAML; {@code 1} for a list that must not be empty. */
    String min() default "";

    /** The greatest number, duration or size, as it would stand in the YAML. */
    String max() default "";

    /** What a text must match as a whole; in a section with names of one's own, each name. */
    String pattern() default "";

    /** What the pattern asks for, as the end of a sentence that begins with "must be". */
    String form() default "";

    /** Whether a message about a wrong value must not repeat it, because people put secrets there. */
    boolean masked() default false;

    /** Stands for "no default"; no YAML scalar can hold this character. */
    String NONE = "\0";
}
