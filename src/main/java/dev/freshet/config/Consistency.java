package dev.freshet.config;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** Checks what several keys say together, on whatever was good, so that one mistake does not hide another. */
record Consistency(Binder bound, Problems problems) {

    /** Adds what is wrong to the problems. */
    void check() {
        bound.names("source.properties")
                .forEach((property, at) -> ReservedProperties.reason(property)
                        .ifPresent(reason -> problems.add(
                                at, "'" + property + "' cannot be set in 'source.properties': " + reason)));
        checkMappings(bound.names("collections").keySet());
    }

    private void checkMappings(Set<String> collections) {
        Map<String, SourceLocation> names = new HashMap<>();
        SourceLocation mapping = bound.location("mappings[0]");
        for (int i = 0; mapping != null; mapping = bound.location("mappings[" + ++i + "]")) {
            String path = "mappings[" + i + "]";
            checkName(path, mapping, names);
            checkCollection(path, collections);
        }
    }

    private void checkName(String path, SourceLocation mapping, Map<String, SourceLocation> names) {
        String given = bound.text(path + ".name");
        String table = bound.text(path + ".table");
        String name = given != null ? given : table != null ? MappingConfig.nameOf(table) : "";
        SourceLocation named = bound.location(path + ".name");
        SourceLocation at = named != null ? named : mapping;
        SourceLocation first = name.isEmpty() ? null : names.putIfAbsent(name, at);
        if (first != null) {
            problems.add(
                    at,
                    "a second mapping with the name '" + name + "', the first is at " + first
                            + (given == null ? "; give one of them a 'name'" : ""));
        }
    }

    private void checkCollection(String path, Set<String> collections) {
        String collection = bound.text(path + ".collection");
        SourceLocation at = bound.location(path + ".collection");
        if (collection != null && at != null && !collections.isEmpty() && !collections.contains(collection)) {
            problems.add(
                    at,
                    "no collection '" + collection + "'" + Suggestion.of(collection, collections)
                            + " (under 'collections': " + String.join(", ", collections) + ")");
        }
    }
}
