package dev.freshet.config;

import static dev.freshet.config.ConfigFixture.MINIMAL;
import static dev.freshet.config.ConfigFixture.parse;
import static dev.freshet.config.ConfigFixture.problems;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SecretTest {

    @TempDir
    Path folder;

    @Test
    void comesFromAVariableWhateverCharactersItHas() {
        String password = "a: b #c ${d} \"e' {{f}}\n";
        assertThat(password("${PASSWORD}", Map.of("PASSWORD", password))).isEqualTo(password);
    }

    @ParameterizedTest
    @ValueSource(strings = {"hunter2", "hunter2\n", "hunter2\r\n"})
    void comesFromAFileWithoutItsLastNewline(String content) throws IOException {
        Path file = Files.writeString(folder.resolve("password"), content);
        assertThat(password("file:" + file, Map.of())).isEqualTo("hunter2");
        assertThat(password("file:${SECRETS}/password", Map.of("SECRETS", folder.toString())))
                .isEqualTo("hunter2");
    }

    @Test
    void onlyOneNewlineIsTakenAway() throws IOException {
        Path file = Files.writeString(folder.resolve("password"), " x\n\n");
        assertThat(password("file:" + file, Map.of())).isEqualTo(" x\n");
    }

    @Test
    void fileThatCannotBeRead() throws IOException {
        Path binary = Files.write(folder.resolve("binary"), new byte[] {(byte) 0xff, (byte) 0xfe, (byte) 0xff});
        Path empty = Files.writeString(folder.resolve("empty"), "\n");
        assertThat(problems(withPassword("file:/no/such/file")))
                .containsExactly(
                        "test.yaml:4:13: 'source.password' must be in a file that can be read: no such file, but"
                                + " is 'file:/no/such/file'");
        assertThat(problems(withPassword("file:" + folder)))
                .singleElement()
                .asString()
                .contains("must be in a file that can be read: it is a folder");
        assertThat(problems(withPassword("file:" + binary)))
                .singleElement()
                .asString()
                .contains("must be in a file that can be read: it is not UTF-8 text");
        assertThat(problems(withPassword("file:" + empty)))
                .singleElement()
                .asString()
                .contains("must not be empty");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "password: *hunter2",
                "password: &hunter2",
                "password: !hunter2 x",
                "password: !hunter2!x y",
                "password: '${hunter2 :}'",
                "password: [hunter2]",
                "password: {hunter2: 1}",
                "password: ${FILE}",
                "password: ''\n  slot: ${PASSWORD}",
                "password: ''\n  poll: ${PASSWORD}",
                "password: x\n  url: hunter2",
                "password: x\n  properties: hunter2",
                "password: x\n  properties: {database.sslpassword: [hunter2]}",
                "password: x\n  properties: {slot.name: hunter2}",
            })
    void noMessageGivesItAway(String line) {
        String yaml = MINIMAL.replace("password: hunter2", line);
        assertThatThrownBy(() -> parse(yaml, Map.of("PASSWORD", "Hunter2", "FILE", "file:hunter2")))
                .isInstanceOf(ConfigException.class)
                .satisfies(e -> assertThat(stackTrace(e)).doesNotContainIgnoringCase("hunter2"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "index: {type: qdrant, qdrant: {apiKey: \"${KEY}\"}}",
                "embedding: {provider: openai, model: m, remote: {apiKey: \"${KEY}\"}}",
                "embedding: {provider: openai, model: m, remote: {headers: {X-Key: \"${KEY}\"}}}",
            })
    void whatNoHeaderCanCarryIsFoundAtOnce(String section) {
        for (String key : List.of("hunter2\n", "hunter2\r\nX: y", "hunter2\0", "hünter2")) {
            assertThat(problems(MINIMAL + section, Map.of("KEY", key)))
                    .singleElement()
                    .asString()
                    .contains("has a line end or another sign that no header can carry")
                    .doesNotContain("nter2");
        }
    }

    @Test
    void isNeitherPrintedNorSerialized() {
        Secret secret = new Secret("hunter2");
        assertThat(secret).hasToString("***").isEqualTo(new Secret("hunter2")).isNotEqualTo(new Secret("hunter3"));
        assertThatThrownBy(() -> new ObjectMapper().writeValueAsString(secret))
                .isInstanceOf(JsonProcessingException.class)
                .hasMessageNotContaining("hunter2");
    }

    private static String password(String written, Map<String, String> environment) {
        return parse(withPassword(written), environment).source().password().value();
    }

    private static String withPassword(String written) {
        return MINIMAL.replace("hunter2", written);
    }

    private static String stackTrace(Throwable e) {
        StringWriter trace = new StringWriter();
        e.printStackTrace(new PrintWriter(trace));
        return trace.toString();
    }
}
