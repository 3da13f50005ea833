package dev.freshet.config;

import static dev.freshet.config.ConfigFixture.MINIMAL;
import static dev.freshet.config.ConfigFixture.parse;
import static dev.freshet.config.ConfigFixture.problems;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may reach the HTTP server is decided when the configuration is loaded. */
class HttpConfigTest {

    private static final String TOKEN = "0123456789abcdef";

    private static HttpConfig http(String section) {
        return parse(MINIMAL + "http: " + section).http();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"127.0.0.1", "127.1.2.3", "localhost", "LOCALHOST", "'::1'", "'[::1]'", "'0:0:0:0:0:0:0:1'"})
    void onThisMachineNobodyIsAsked(String host) {
        assertThat(http("{host: " + host + "}").token()).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0.0.0.0",
                "'::'",
                "10.0.0.1",
                "freshet.example",
                "localhost.example",
                "127.0.0.1.example",
                "'::ffff:127.0.0.1'",
                "1270.0.0.1",
                "'127.0.0.1 '",
                "127.1"
            })
    void elsewhereATokenIsNeededOrToSayThatNoneIs(String host) {
        assertThat(problems(MINIMAL + "http: {host: " + host + "}"))
                .singleElement()
                .asString()
                .startsWith("test.yaml:9:1: 'http.host' is an address that others can reach")
                .contains("set 'http.token'", "'http.anonymous: true'", "listen at 127.0.0.1");
        assertThat(http("{host: " + host + ", token: " + TOKEN + "}").token()).isEqualTo(new Secret(TOKEN));
        assertThat(http("{host: " + host + ", anonymous: true}").token()).isNull();
    }

    @Test
    void theTokenComesFromTheEnvironmentOrAFile(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("token"), TOKEN + "\n");

        assertThat(http("{token: 'file:" + file + "'}").token()).isEqualTo(new Secret(TOKEN));
        assertThat(parse(MINIMAL + "http: {token: '${FRESHET_TOKEN}'}", Map.of("FRESHET_TOKEN", TOKEN))
                        .http()
                        .token())
                .isEqualTo(new Secret(TOKEN));
        assertThat(problems(MINIMAL + "http: {token: '${FRESHET_TOKEN:-}'}"))
                .singleElement()
                .asString()
                .contains("'http.token' must not be empty");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    {token: hunter2}                                 | 'http.token' must be 16 to 1024
                    {token: 'hunter2 hunter2 hunter2'}               | 'http.token' must be 16 to 1024
                    {token: "hunter2hunter2hunter2\\r\\nX: y"}       | 'http.token' must be 16 to 1024
                    {token: hünter2hunter2hunter2}                   | 'http.token' must be 16 to 1024
                    {token: hunter2hunter2hunter2, anonymous: true}  | 'http.anonymous' and 'http.token' contradict each other
                    {tenantTokens: [{token: hunter2hunter2hunter2, tenant: a}]}                               | 'http.tenantTokens' needs 'http.token'
                    {token: hunter2hunter2hunter2, tenantTokens: [{token: hunter2, tenant: a}]}               | 'http.tenantTokens[0].token' must be 16 to 1024
                    {token: hunter2hunter2hunter2, tenantTokens: [{token: hunter2hunter2hunter2, tenant: a}]} | 'http.tenantTokens[0].token' is the same as another
                    {token: hunter2hunter2hunter2, tenantTokens: [{tenant: a}]}                               | 'http.tenantTokens[0].token' is missing
                    {token: hunter2hunter2hunter2, tenantTokens: [{token: hunter2hunter2hunter3}]}            | 'http.tenantTokens[0].tenant' is missing
                    {token: hunter2hunter2hunter2, tenantTokens: [{token: hunter2hunter2hunter3, tenant: ''}]} | 'http.tenantTokens[0].tenant' must not be empty
                    """)
    void tokensThatAreNone(String section, String message) {
        assertThat(problems(MINIMAL + "http: " + section))
                .singleElement()
                .asString()
                .startsWith("test.yaml:9:")
                .contains(message)
                .doesNotContain("unter2");
    }

    @Test
    void tokensAreNotShown() {
        FreshetConfig config = parse(MINIMAL + "http: {host: 0.0.0.0, token: " + TOKEN
                + ", tenantTokens: [{token: fedcba9876543210, tenant: acme}]}");

        assertThat(EffectiveConfig.render(config))
                .contains("tenant: acme", "***")
                .doesNotContain(TOKEN, "fedcba9876543210");
        assertThat(config.toString()).contains("acme").doesNotContain(TOKEN, "fedcba9876543210");
    }
}
