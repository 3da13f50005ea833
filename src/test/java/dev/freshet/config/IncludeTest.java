package dev.freshet.config;

import static dev.freshet.config.ConfigFixture.MINIMAL;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IncludeTest {

    private static final String SOURCE = MINIMAL.substring(0, MINIMAL.indexOf("mappings:"));
    private static final String MAPPINGS = MINIMAL.substring(MINIMAL.indexOf("mappings:"));

    @TempDir
    Path folder;

    @BeforeEach
    void folders() throws IOException {
        Files.createDirectories(folder.resolve("config"));
        Files.createDirectories(folder.resolve("connectors"));
    }

    @Test
    void bringsWholeSectionsFromFilesBesideTheMainOne() throws IOException {
        write("connectors/shop.yaml", SOURCE);
        write("config/freshet.yaml", "include: ['../connectors/${WHICH}.yaml']\n" + MAPPINGS);

        FreshetConfig config = ConfigLoader.load(folder.resolve("config/freshet.yaml"), Map.of("WHICH", "shop"));

        assertThat(config.source().user()).isEqualTo("freshet");
        assertThat(config.mappings().getFirst().location())
                .isEqualTo(new SourceLocation(folder.resolve("config/freshet.yaml"), 3, 5));
    }

    @Test
    void problemsNameTheIncludedFile() throws IOException {
        write("connectors/shop.yaml", SOURCE + "  slut: x\n");
        write("config/freshet.yaml", "include: [../connectors/shop.yaml]\n" + MAPPINGS);
        assertThat(problems())
                .singleElement()
                .asString()
                .startsWith(folder + "/connectors/shop.yaml:5:3: unknown key 'slut' in 'source': did you mean 'slot'?");
    }

    @Test
    void sectionGivenTwiceNamesBothPlaces() throws IOException {
        write("connectors/shop.yaml", SOURCE);
        write("config/freshet.yaml", "include: [../connectors/shop.yaml]\n" + MINIMAL);
        assertThat(problems())
                .containsExactly(folder + "/connectors/shop.yaml:1:1: 'source' is given twice: here and at " + folder
                        + "/config/freshet.yaml:2:1");
    }

    @Test
    void everyFileThatIsMissingOrBrokenIsReportedAndNothingThatFollowsFromIt() throws IOException {
        write("connectors/broken.yaml", "source: {");
        write("connectors/empty.yaml", "");
        write(
                "config/freshet.yaml",
                "include:\n  - none.yaml\n  - ../connectors/broken.yaml\n  - ../connectors\n  - ../connectors/empty.yaml\n"
                        + "  - [x]\n  - ${NAME}\n" + MAPPINGS);
        String main = folder + "/config/freshet.yaml";
        assertThat(problems())
                .hasSize(5)
                .satisfiesExactly(
                        problem -> assertThat(problem)
                                .isEqualTo(main + ":2:5: 'include': " + folder
                                        + "/config/none.yaml cannot be read: no such file"),
                        problem -> assertThat(problem)
                                .isEqualTo(main + ":4:5: 'include': " + folder
                                        + "/connectors cannot be read: it is a folder"),
                        problem -> assertThat(problem)
                                .isEqualTo(main + ":6:5: 'include': must be the path of a file, but is a list"),
                        problem ->
                                assertThat(problem).startsWith(main + ":7:5: 'include': the environment has no NAME"),
                        problem -> assertThat(problem)
                                .startsWith(folder + "/connectors/broken.yaml:1:10: this is not YAML"));
    }

    @Test
    void includedFilesIncludeNothing() throws IOException {
        write("connectors/shop.yaml", "include: [other.yaml]\n" + SOURCE);
        write("config/freshet.yaml", "include: [../connectors/shop.yaml]\n" + MAPPINGS);
        assertThat(problems())
                .containsExactly(folder + "/connectors/shop.yaml:1:1: 'include' can stand in the main file only");
    }

    @Test
    void mustBeAList() throws IOException {
        write("config/freshet.yaml", "include: ../connectors/shop.yaml\n" + MAPPINGS);
        assertThat(problems())
                .containsExactly(
                        folder + "/config/freshet.yaml:1:10: 'include' must be a list of files, but is a single value");
    }

    @Test
    void mainFileThatIsMissing() {
        assertThat(problems())
                .containsExactly(
                        folder + "/config/freshet.yaml: cannot be read: no such file; freshet init writes one");
    }

    private void write(String name, String content) throws IOException {
        Files.writeString(folder.resolve(name), content);
    }

    private List<String> problems() {
        return catchThrowableOfType(
                        ConfigException.class, () -> ConfigLoader.load(folder.resolve("config/freshet.yaml"), Map.of()))
                .problems()
                .stream()
                .map(ConfigException.Problem::toString)
                .toList();
    }
}
