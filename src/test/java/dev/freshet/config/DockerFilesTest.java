package dev.freshet.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What the image and the composition name is there and fits together; no container is started. */
class DockerFilesTest {

    private static final Pattern COPY = Pattern.compile("(?m)^COPY (?!--from)(\\S+) \\S+$");

    private static JsonNode compose() throws IOException {
        return new YAMLMapper().readTree(Path.of("docker-compose.yml").toFile());
    }

    private static String dockerfile() throws IOException {
        return Files.readString(Path.of("Dockerfile"));
    }

    @Test
    void whatIsCopiedIsThereAndNotIgnored() throws IOException {
        List<String> copied = COPY.matcher(dockerfile())
                .results()
                .map(match -> match.group(1))
                .toList();

        assertThat(copied).contains("pom.xml", "src/main", "freshet").allSatisfy(path -> {
            assertThat(Path.of(path)).exists();
            assertThat(Files.readString(Path.of(".dockerignore"))).contains("!" + path + "\n");
        });
    }

    @Test
    void theImageRunsAsNobodySpecialAndTellsWhenItIsReady() throws IOException {
        assertThat(dockerfile()).contains("USER freshet", "VOLUME /var/lib/freshet", "HEALTHCHECK", "/readyz");
    }

    @Test
    void whatIsMountedIsThere() throws IOException {
        for (JsonNode service : compose().path("services")) {
            for (JsonNode volume : service.path("volumes")) {
                String source = volume.asText().split(":", 2)[0];
                if (source.startsWith("./")) {
                    assertThat(Path.of(source)).isRegularFile();
                } else {
                    assertThat(compose().path("volumes").has(source)).as(source).isTrue();
                }
            }
        }
    }

    @Test
    void freshetWaitsForThoseThatHaveHealthChecks() throws IOException {
        JsonNode services = compose().path("services");

        assertThat(services.path("freshet").path("depends_on").properties())
                .hasSize(2)
                .allSatisfy(needed -> {
                    assertThat(needed.getValue().path("condition").asText()).isEqualTo("service_healthy");
                    assertThat(services.path(needed.getKey()).has("healthcheck"))
                            .isTrue();
                });
    }

    /** What the composition gives the container when nothing is set outside. */
    private static String byDefault(String variable) throws IOException {
        return compose()
                .path("services")
                .path("freshet")
                .path("environment")
                .path(variable)
                .asText()
                .replaceAll("\\$\\{\\w+:-([^}]+)}", "$1");
    }

    @Test
    void theConfigurationFitsTheComposition() throws IOException {
        JsonNode services = compose().path("services");
        FreshetConfig config = ConfigLoader.load(
                Path.of("config", "docker", "freshet.yaml"),
                Map.of(
                        "FRESHET_DB_PASSWORD", byDefault("FRESHET_DB_PASSWORD"),
                        "FRESHET_TOKEN", byDefault("FRESHET_TOKEN")));

        assertThat(config.source().url())
                .isEqualTo("jdbc:postgresql://postgres:5432/"
                        + services.path("postgres")
                                .path("environment")
                                .path("POSTGRES_DB")
                                .asText());
        assertThat(services.has("postgres")).isTrue();
        assertThat(services.path("postgres").path("command").toString()).contains("wal_level=logical");
        assertThat(Files.readString(Path.of("config", "docker", "postgres.sql")))
                .contains("CREATE ROLE " + config.source().user() + " LOGIN REPLICATION PASSWORD '"
                        + config.source().password().value() + "'")
                .contains("CREATE PUBLICATION " + config.source().publication())
                .contains("CREATE TABLE " + config.mappings().getFirst().table().replace("public.", ""));
        assertThat(config.state()).startsWithRaw(Path.of("/var/lib/freshet"));
        assertThat(config.http().host()).isEqualTo("0.0.0.0");
        // The command line in the container finds the same one in the same variable.
        assertThat(config.http().token()).isEqualTo(new Secret(byDefault("FRESHET_TOKEN")));
        assertThat(services.path("freshet").path("ports").toString())
                .contains(":" + config.http().port() + "\"");
    }
}
