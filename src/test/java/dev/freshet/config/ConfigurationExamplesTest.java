package dev.freshet.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every configuration that is shown to people can be loaded. */
class ConfigurationExamplesTest {

    private static final Map<String, String> ENVIRONMENT = Map.of(
            "FRESHET_DB_PASSWORD",
            "hunter2",
            "OPENAI_API_KEY",
            "hunter3",
            "VOYAGE_API_KEY",
            "hunter4",
            "FRESHET_TOKEN",
            "0123456789abcdef");
    private static final Path CONFIG = Path.of("config");

    /** A fenced block, at any indentation, that begins with {@code # freshet.yaml}. */
    private static final Pattern BLOCK = Pattern.compile("(?m)^( *)```ya?ml\\R((?: *# freshet\\.yaml)(?s:.*?))^\\1```");

    static Stream<Path> files() throws IOException {
        return list(CONFIG, ".yaml").stream();
    }

    @ParameterizedTest
    @MethodSource("files")
    void configurationIsGood(Path file) {
        assertThat(ConfigLoader.load(file, ENVIRONMENT).mappings()).isNotEmpty();
    }

    static Stream<Arguments> blocks() throws IOException {
        return Stream.concat(
                        Stream.of(Path.of("README.md")).filter(Files::exists), list(Path.of("docs"), ".md").stream())
                .flatMap(ConfigurationExamplesTest::blocksOf);
    }

    @ParameterizedTest
    @MethodSource("blocks")
    void blockOfTheDocumentationIsGood(String name, String yaml) {
        assertThat(ConfigLoader.parse(yaml, name, CONFIG, ENVIRONMENT).mappings())
                .isNotEmpty();
    }

    @Test
    void exampleConfigurationTakesItsSourceFromTheConnector() {
        FreshetConfig config = ConfigLoader.load(CONFIG.resolve("freshet.yaml"), ENVIRONMENT);
        assertThat(config.source().password()).isEqualTo(new Secret("hunter2"));
        assertThat(config.source().url()).isEqualTo("jdbc:postgresql://localhost:5432/app");
        assertThat(config.mappings())
                .singleElement()
                .satisfies(mapping -> assertThat(mapping.text()).isEqualTo("# {{title}}\n\n{{body}}\n"));
    }

    @Test
    void exampleConfigurationSaysWhichVariableIsMissing() {
        assertThat(catchProblems(CONFIG.resolve("freshet.yaml")))
                .singleElement()
                .satisfies(problem -> {
                    assertThat(problem.location().file()).isEqualTo(Path.of("connectors", "postgresql.yaml"));
                    assertThat(problem.message()).contains("'source.password'", "no FRESHET_DB_PASSWORD");
                });
    }

    private static List<ConfigException.Problem> catchProblems(Path file) {
        return catchThrowableOfType(ConfigException.class, () -> ConfigLoader.load(file, Map.of()))
                .problems();
    }

    private static Stream<Arguments> blocksOf(Path file) {
        try {
            return BLOCK
                    .matcher(Files.readString(file))
                    .results()
                    .map(block -> Arguments.of(
                            file.getFileName() + "@" + block.start(),
                            block.group(2).stripIndent()))
                    .toList()
                    .stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Path> list(Path folder, String extension) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(extension))
                    .sorted()
                    .toList();
        }
    }
}
