package dev.freshet.daemon;

import dev.freshet.config.ConfigException;
import dev.freshet.config.EmbeddingConfig;
import dev.freshet.config.FreshetConfig;
import dev.freshet.config.SourceConfig;
import dev.freshet.diagnosis.Check;
import dev.freshet.diagnosis.Check.Seen;
import dev.freshet.diagnosis.Examination;
import dev.freshet.diagnosis.Finding;
import dev.freshet.diagnosis.Problem;
import dev.freshet.embed.LoadedModel;
import dev.freshet.source.PostgresDatabase;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Looks at everything that a first run trips over, and changes nothing. */
public final class Doctor {

    /** The name of the check that all others need. */
    static final String CONFIGURATION = "configuration";

    private static final Duration WITHIN = Duration.ofSeconds(9);

    private Doctor() {}

    /**
     * Examines a configuration and everything that it names.
     *
     * @param environment the variables that the configuration may refer to
     * @return what was found, check by check
     */
    public static List<Finding> examine(Path file, Map<String, String> environment) {
        return examine(file, environment, Wiring::model);
    }

    /** Where the mappings do not fit the database's tables and rows, or those cannot be read or captured. */
    public static List<Problem> tableProblems(FreshetConfig config) {
        SourceConfig source = config.source();
        try (var database = new PostgresDatabase(
                source.url(), source.user(), source.password().value(), DatabaseChecks.PATIENCE)) {
            Tables tables = Tables.inspect(config, database);
            return tables.problems().isEmpty()
                    ? MappingTrial.of(tables, database).failures()
                    : tables.problems();
        }
    }

    static List<Finding> examine(
            Path file, Map<String, String> environment, Function<EmbeddingConfig, LoadedModel> models) {
        var patient = new Patient(file, environment, models);
        try (var database = new DatabaseChecks(patient)) {
            var checks = new ArrayList<Check>();
            checks.add(new Check(CONFIGURATION, List.of(), () -> configuration(patient)));
            checks.addAll(database.all());
            checks.addAll(new LocalChecks(patient).all());
            return Examination.of(checks, WITHIN);
        }
    }

    private static Seen configuration(Patient patient) {
        try {
            FreshetConfig config = Mappings.load(patient.file, patient.environment);
            patient.config(config);
            return Seen.well("%s: %d mappings into %s"
                    .formatted(
                            patient.file,
                            config.mappings().size(),
                            String.join(", ", config.collections().keySet())));
        } catch (ConfigException e) {
            return Seen.unless(
                    e.problems().stream()
                            .map(problem -> Problem.of(problem.toString(), ""))
                            .toList(),
                    "");
        }
    }
}
