package dev.freshet.config;

import java.util.Map;

/** Finds what is wrong with a mapping beyond its form; the languages of its templates and filters are not known here. */
@FunctionalInterface
public interface MappingCheck {

    /** Finds nothing. */
    MappingCheck NONE = mapping -> Map.of();

    /** What is wrong, by the key that it is wrong in. */
    Map<String, String> problems(MappingConfig mapping);
}
