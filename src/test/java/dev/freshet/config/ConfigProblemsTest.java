package dev.freshet.config;

import static dev.freshet.config.ConfigFixture.MINIMAL;
import static dev.freshet.config.ConfigFixture.problems;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigProblemsTest {

    @Test
    void unknownKeyNamesTheNearestAndAll() {
        assertThat(problems(MINIMAL.replace("text:", "tekst:")))
                .containsExactly(
                        "test.yaml:8:5: unknown key 'tekst' in 'mappings[0]': did you mean 'text'? (keys here: name,"
                                + " table, collection, id, text, metadata, tenant, when, trace)");
        assertThat(problems(MINIMAL + "pipeline: {stop-timeout: 1s}"))
                .singleElement()
                .asString()
                .startsWith("test.yaml:9:12: unknown key 'stop-timeout' in 'pipeline': did you mean 'stopTimeout'?");
        assertThat(problems(MINIMAL + "elephant: 1"))
                .containsExactly("test.yaml:9:1: unknown key 'elephant' (keys here: state, source, embedding, index,"
                        + " collections, mappings, pipeline, coalesce, deadLetters, http, include)");
    }

    @Test
    void repeatedKeyNamesBothPlaces() {
        assertThat(problems(MINIMAL + "state: a\nstate: b"))
                .containsExactly("test.yaml:10:1: 'state' is given twice: here and at test.yaml:9:1");
    }

    @Test
    void allProblemsComeAtOnceInTheOrderOfTheFile() {
        assertThat(problems("""
                                source:
                                  type: oracle
                                  url: jdbc:postgresql://h/d
                                  pasword: hunter2
                                mappings:
                                  - table: a
                                    collection: hlep
                                  - table: other.a
                                    collection: help
                                    text: x
                                collections:
                                  help: {chunking: {overlap: 200}}
                                  Bad!:
                                http: {port: 70000}
                                """))
                .extracting(problem -> problem.replaceFirst("(: |\\().*", " ").strip() + " " + summary(problem))
                .containsExactly(
                        "test.yaml:1:1 'source.user' is missing",
                        "test.yaml:2:9 'source.type' must be one of postgresql, but is 'oracle'",
                        "test.yaml:4:3 unknown key 'pasword' in 'source'",
                        "test.yaml:6:5 'mappings[0].text' is missing",
                        "test.yaml:7:17 no collection 'hlep'",
                        "test.yaml:8:5 a second mapping with the name 'a', the first is at test.yaml",
                        "test.yaml:12:10 overlap 200 is more than half of size 256",
                        "test.yaml:13:3 the name 'Bad!' in 'collections' must be made of lower-case letters, digits, _ and -",
                        "test.yaml:14:14 'http.port' must be at most 65535, but is '70000'");
    }

    /** The message without where it is and without its explanation. */
    private static String summary(String problem) {
        return problem.replaceFirst("^[^ ]*: ", "").replaceFirst("[:;] ?.*", "").replaceFirst(" \\(.*", "");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    state: [a]                       | 'state' must be a path, but is a list
                    state:                           | 'state' must be a path, but is nothing
                    state: ''                        | 'state' must be a path
                    embedding: fast                  | 'embedding' must have keys of its own (provider, model, threads, remote), but is a single value
                    embedding: {threads: many}       | 'embedding.threads' must be a whole number, but is 'many'
                    embedding: {threads: -1}         | 'embedding.threads' must be at least 0, but is '-1'
                    embedding: {model: ' '}          | 'embedding.model' must not be empty
                    embedding: {model: {a: b}}       | 'embedding.model' must be a text, but is a section with keys of its own
                    embedding: {model: !vault x}     | 'embedding.model' must be a text, but is a value with a tag
                    index: {type: qdrnt}             | 'index.type' must be one of lucene, qdrant, but is 'qdrnt'
                    collections: [help]              | 'collections' must have keys of its own, but is a list
                    collections: {help: 1}           | 'collections.help' must have keys of its own (chunking), but is a single value
                    collections: {Help: , help: }    | the name 'Help' in 'collections' must be made of lower-case letters, digits, _ and -
                    pipeline: {memory: 64MiBs}       | 'pipeline.memory' must be a size such as 512, 64KiB, 64MiB or 1GB, but is '64MiBs'
                    pipeline: {memory: 1KiB}         | 'pipeline.memory' must be at least 1MiB, but is '1KiB'
                    pipeline: {batch: 65MiB}         | batch 65MiB is more than memory 64MiB
                    pipeline: {checkpoint: 200}      | 'pipeline.checkpoint' must be a duration such as 10ms, 5s, 2m or 1h, but is '200'
                    pipeline: {checkpoint: 0ms}      | 'pipeline.checkpoint' must be at least 1ms, but is '0ms'
                    http: {port: 65536}              | 'http.port' must be at most 65535, but is '65536'
                    http: {port: '${PORT}'}          | 'http.port' must be a whole number, but is '${PORT}'
                    http: {host: "${HOSTNAME_}"}     | 'http.host': the environment has no HOSTNAME_; set it, or give a default: ${HOSTNAME_:-default}
                    """)
    void wrongValues(String section, String message) {
        assertThat(problems(MINIMAL + section, Map.of("PORT", "hunter2")))
                .singleElement()
                .asString()
                .startsWith("test.yaml:9:")
                .endsWith(": " + message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    slot: Freshet            | 'source.slot' must be 1 to 63 lower-case letters, digits and _, but is 'Freshet'
                    publication: a-b         | 'source.publication' must be 1 to 63 lower-case letters, digits and _, but is 'a-b'
                    poll: 0s                 | 'source.poll' must be at least 1ms, but is '0s'
                    heartbeat: 1ms           | 'source.heartbeat' must be at least 100ms, but is '1ms'
                    backfill: sometimes      | 'source.backfill' must be one of incremental, initial, none, but is 'sometimes'
                    backfillChunk: 0         | 'source.backfillChunk' must be at least 1, but is '0'
                    properties: {slot.name: x} | 'slot.name' cannot be set in 'source.properties': use source.slot
                    properties: {offset.storage: x} | 'offset.storage' cannot be set in 'source.properties': Freshet's promises depend on its own value
                    """)
    void wrongValuesOfTheSource(String line, String message) {
        assertThat(problems(MINIMAL.replace("mappings:", "  " + line + "\nmappings:")))
                .singleElement()
                .asString()
                .startsWith("test.yaml:5:")
                .endsWith(": " + message);
    }

    @ParameterizedTest
    @CsvSource({
        "postgresql://freshet:hunter2@localhost/shop",
        "jdbc:postgresql://freshet:hunter2@localhost/shop",
        "jdbc:postgresql://localhost/shop?password=hunter2",
        "jdbc:postgresql://localhost/shop?sslmode=require&PASSWORD=hunter2",
        "jdbc:postgresql://localhost/shop?sslpassword=hunter2",
        "jdbc:postgresql://localhost/shop?user=hunter2",
        "jdbc:postgresql://localhost/",
        "'jdbc:postgresql://one,two/shop'",
        "jdbc:mysql://localhost/shop",
    })
    void addressMustNotCarryCredentialsAndIsNotRepeated(String url) {
        assertThat(problems(MINIMAL.replace("jdbc:postgresql://localhost:5432/shop", "\"" + url + "\"")))
                .containsExactly("test.yaml:2:8: 'source.url' must be jdbc:postgresql://host:port/database?parameters,"
                        + " with one host; user and password have keys of their own");
    }

    @ParameterizedTest
    @CsvSource({
        "jdbc:postgresql://localhost/shop",
        "jdbc:postgresql://[::1]:5432/shop",
        "jdbc:postgresql://10.0.0.1:5432/shop?sslmode=require&ApplicationName=user",
    })
    void addressesThatAreGood(String url) {
        String yaml = MINIMAL.replace("jdbc:postgresql://localhost:5432/shop", "\"" + url + "\"");
        assertThat(ConfigFixture.parse(yaml).source().url()).isEqualTo(url);
    }

    @Test
    void mappingsAreNeededAndTheirNamesAreGood() {
        String source = MINIMAL.substring(0, MINIMAL.indexOf("mappings:"));
        assertThat(problems(source)).singleElement().asString().startsWith("test.yaml: 'mappings' is missing: ");
        assertThat(problems(source + "mappings:"))
                .singleElement()
                .asString()
                .startsWith("test.yaml:5:1: 'mappings' is missing: ");
        assertThat(problems(source + "mappings: []")).containsExactly("test.yaml:5:11: 'mappings' must not be empty");
        assertThat(problems(MINIMAL.replace("table: articles", "table: cms.a/b")))
                .containsExactly(
                        "test.yaml:6:5: 'a/b' cannot name a mapping (letters, digits, _, . and - can): give it a name");
        assertThat(problems(MINIMAL.replace("table: articles", "table: public.")))
                .containsExactly("test.yaml:6:12: 'mappings[0].table' must be schema.table, as the database spells it,"
                        + " without quotes, but is 'public.'");
        assertThat(problems(MINIMAL + "    name: a/b"))
                .containsExactly(
                        "test.yaml:9:11: 'mappings[0].name' must be made of letters, digits, _, . and -, but is 'a/b'");
        assertThat(problems(MINIMAL.replace("collection: help", "collection: Help me")))
                .containsExactly("test.yaml:7:17: 'mappings[0].collection' must be made of lower-case letters, digits,"
                        + " _ and -, but is 'Help me'");
    }

    @Test
    void declaredCollectionsAreAllThereAre() {
        assertThat(problems(MINIMAL + "collections: {helpp: }"))
                .containsExactly(
                        "test.yaml:7:17: no collection 'help': did you mean 'helpp'? (under 'collections': helpp)");
        assertThat(problems(MINIMAL + "collections: {legal: , other: }"))
                .containsExactly("test.yaml:7:17: no collection 'help' (under 'collections': legal, other)");
    }

    @Test
    void emptyFileNeedsEverythingThatIsRequired() {
        assertThat(problems("# nothing\n"))
                .extracting(problem -> problem.replaceFirst(" is missing.*", ""))
                .containsExactly(
                        "test.yaml: 'source.url'",
                        "test.yaml: 'source.user'",
                        "test.yaml: 'source.password'",
                        "test.yaml: 'mappings'");
    }

    @Test
    void whatIsNotYamlIsTheOnlyProblem() {
        assertThat(problems("source:\n\turl: x"))
                .singleElement()
                .asString()
                .startsWith("test.yaml:2:1: this is not YAML: found character '\\t(TAB)' that cannot start any token");
        assertThat(problems("- a\n"))
                .containsExactly("test.yaml:1:1: a configuration must have sections, but this is a list");
        assertThat(problems("a: 1\n---\nb: 2\n")).singleElement().asString().contains("this is not YAML");
        assertThat(problems("a: 1\nb: \u0001"))
                .containsExactly(
                        "test.yaml:2:4: this is not YAML: it has a character that YAML does not allow (U+0001)");
    }

    @Test
    void keyThatIsNoWord() {
        assertThat(problems(MINIMAL + "? [a]\n: b")).containsExactly("test.yaml:9:3: a key must be a single word");
    }

    @Test
    void messageOfTheExceptionHasOneLinePerProblem() {
        ConfigException e =
                catchThrowableOfType(ConfigException.class, () -> ConfigFixture.parse(MINIMAL + "a: 1\nb: 2"));
        assertThat(e).hasMessageStartingWith("test.yaml:9:1: ").message().hasLineCount(2);
    }
}
