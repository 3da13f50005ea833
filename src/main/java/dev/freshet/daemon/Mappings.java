package dev.freshet.daemon;

import dev.freshet.change.TableId;
import dev.freshet.config.ConfigException;
import dev.freshet.config.ConfigLoader;
import dev.freshet.config.FreshetConfig;
import dev.freshet.config.MappingConfig;
import dev.freshet.document.Mapping;
import dev.freshet.document.MappingException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** What the configuration says about mappings, made to work. */
public final class Mappings {

    private Mappings() {}

    /**
     * Reads a configuration and compiles the templates and filters in it, so that all that is wrong is told at once.
     *
     * @throws ConfigException with everything that is wrong
     */
    public static FreshetConfig load(Path file, Map<String, String> environment) {
        return ConfigLoader.load(file, environment, Mappings::problems);
    }

    private static Map<String, String> problems(MappingConfig config) {
        var problems = new LinkedHashMap<String, String>();
        Mapping.problems(config.name(), config.id(), config.text(), config.when())
                .forEach(problem -> problems.put(problem.part(), problem.problem()));
        return problems;
    }

    /** @throws StartupException with the place in the configuration, if it cannot work */
    static Mapping compile(MappingConfig config) {
        try {
            var mapping = Mapping.of(
                    config.name(),
                    TableId.parse(config.table()),
                    config.collection(),
                    config.id(),
                    config.text(),
                    config.metadata(),
                    config.tenant(),
                    config.when());
            return config.trace() == null ? mapping : mapping.tracedBy(config.trace());
        } catch (MappingException e) {
            throw new StartupException(config.location() + ": " + e.getMessage(), e);
        }
    }
}
