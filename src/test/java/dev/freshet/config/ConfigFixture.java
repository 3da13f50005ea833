package dev.freshet.config;

import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The least configuration there is, and short ways to read one. */
final class ConfigFixture {

    static final String MINIMAL = """
            source:
              url: jdbc:postgresql://localhost:5432/shop
              user: freshet
              password: hunter2
            mappings:
              - table: articles
                collection: help
                text: "{{title}}"
            """;

    private ConfigFixture() {}

    static FreshetConfig parse(String yaml) {
        return parse(yaml, Map.of());
    }

    static FreshetConfig parse(String yaml, Map<String, String> environment) {
        return ConfigLoader.parse(yaml, "test.yaml", Path.of(""), environment);
    }

    /** Everything that is wrong, each as {@code file:line:column: message}. */
    static List<String> problems(String yaml) {
        return problems(yaml, Map.of());
    }

    static List<String> problems(String yaml, Map<String, String> environment) {
        return catchThrowableOfType(ConfigException.class, () -> parse(yaml, environment)).problems().stream()
                .map(ConfigException.Problem::toString)
                .toList();
    }
}
