package dev.freshet.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaId;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ConfigSchemaTest {

    private static final YAMLMapper YAML = new YAMLMapper();
    private static final JsonSchemaFactory SCHEMAS = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012);
    private static final JsonSchema SCHEMA = SCHEMAS.getSchema(ConfigSchema.render());

    private static List<String> problems(String yaml) throws IOException {
        return SCHEMA.validate(YAML.readTree(yaml)).stream()
                .map(ValidationMessage::getMessage)
                .toList();
    }

    @Test
    void isASchemaItself() throws IOException {
        JsonSchema meta = SCHEMAS.getSchema(com.networknt.schema.SchemaLocation.of(SchemaId.V202012));
        JsonNode schema = new ObjectMapper().readTree(ConfigSchema.render());

        assertThat(meta.validate(schema)).isEmpty();
    }

    static Stream<Path> files() throws IOException {
        return Stream.of(
                        ConfigurationExamplesTest.files(),
                        list(Path.of("connectors")).stream(),
                        list(Path.of("config", "docker")).stream())
                .flatMap(files -> files);
    }

    private static List<Path> list(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".yaml")).toList();
        }
    }

    @ParameterizedTest
    @MethodSource("files")
    void acceptsTheConfigurationsThatComeWithFreshet(Path file) throws IOException {
        assertThat(problems(Files.readString(file))).isEmpty();
    }

    static Stream<Arguments> blocks() throws IOException {
        return ConfigurationExamplesTest.blocks();
    }

    @ParameterizedTest
    @MethodSource("blocks")
    void acceptsTheBlocksOfTheDocumentation(String name, String yaml) throws IOException {
        assertThat(problems(yaml)).as(name).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "http: {port: '${PORT:-7070}'}",
                "http: {port: 0}",
                "http:",
                "pipeline: {memory: 67108864, batch: 1MiB, checkpoint: 1s}",
                "pipeline: {checkpoint: '${EVERY}'}",
                "source: {url: 'jdbc:postgresql://${HOST}/app', user: 7, password: 1234}",
                "index: {type: '${TYPE:-lucene}'}",
                "collections: {help: {chunking: {strategy: whole}}, other: }",
                "embedding: {provider: ollama, model: m, remote: {headers: {X-A: b}, timeout: 1m, tooLong: dead-letter}}",
                "embedding: {provider: openai, model: m, remote: {apiKey: '${KEY}', tokensPerMinute: 1000000}}",
            })
    void acceptsWhatTheLoaderAccepts(String yaml) throws IOException {
        assertThat(problems(yaml)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "htp: {port: 1}                              | htp",
                "embedding: {provider: cohere}               | enumeration",
                "embedding: {remote: {concurrency: 0}}       | minimum",
                "embedding: {remote: {baseUrl: 'user:key@x'}} | pattern",
                "embedding: {remote: {tooLong: drop}}        | enumeration",
                "http: {prot: 1}                             | prot",
                "http: {port: 65536}                         | maximum",
                "http: {port: much}                          | pattern",
                "http: [1]                                   | object",
                "pipeline: {checkpoint: quick}               | pattern",
                "pipeline: {memory: lots}                    | pattern",
                "source: {type: oracle, url: x, user: y, password: z} | enumeration",
                "source: {url: x, user: y}                   | password",
                "source: {slot: 'My Slot', url: x, user: y, password: z} | pattern",
                "mappings: []                                | at least 1",
                "mappings: [{table: a, collection: b}]       | text",
                "mappings: [{table: a, collection: b, text: c, metadata: x}] | array",
                "collections: {'Not Good': {}}               | Not Good",
            })
    void refusesMistakes(String yaml, String said) throws IOException {
        assertThat(problems(yaml)).isNotEmpty();
        assertThat(String.join("\n", problems(yaml))).contains(said);
    }

    @Test
    void tellsWhatAKeyMeansAndItsDefault() throws IOException {
        JsonNode port = new ObjectMapper().readTree(ConfigSchema.render()).at("/properties/http/properties/port");

        assertThat(port.path("default").asInt()).isEqualTo(7070);
        assertThat(port.path("description").asText()).contains("any free one");
    }
}
