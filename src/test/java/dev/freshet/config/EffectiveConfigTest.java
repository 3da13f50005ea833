package dev.freshet.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EffectiveConfigTest {

    private static final String YAML = """
            source:
              url: jdbc:postgresql://db/shop?sslmode=require&options=hunter3&sslkey=x
              user: ${DB_USER}
              password: hunter2
              properties: {slot.stream.params: hunter4}
            mappings:
              - table: articles
                collection: help
                text: |
                  # {{title}}

                  {{body}} costs $${not a variable}
                metadata: [status]
            http: {port: 0}
            """;

    private static final FreshetConfig CONFIG = ConfigFixture.parse(YAML, Map.of("DB_USER", "freshet"));

    @Test
    void showsWhatIsInForce() {
        assertThat(EffectiveConfig.render(CONFIG))
                .contains("state: state\\n".translateEscapes())
                .contains("user: freshet")
                .contains("poll: 20ms", "heartbeat: 10s", "memory: 64MiB", "backfill: incremental")
                .contains("port: 0", "model: all-minilm-l6-v2-q")
                .contains("table: public.articles", "name: articles")
                .contains("strategy: markdown");
    }

    @Test
    void showsNoSecret() {
        assertThat(EffectiveConfig.render(CONFIG))
                .doesNotContain("hunter")
                .contains("jdbc:postgresql://db/shop?sslmode=require&options=***&sslkey=***")
                .containsPattern("password: [\"']?\\*\\*\\*")
                .containsPattern("slot.stream.params: [\"']?\\*\\*\\*");
    }

    @Test
    void canBeReadAgain() {
        String shown = EffectiveConfig.render(CONFIG)
                .replace("options=***&sslkey=***", "options=hunter3&sslkey=x")
                .replaceAll("password: [\"']?\\*\\*\\*[\"']?", "password: hunter2")
                .replaceAll("slot.stream.params: [\"']?\\*\\*\\*[\"']?", "slot.stream.params: hunter4");

        FreshetConfig again = ConfigLoader.parse(shown, "shown.yaml", Path.of(""), Map.of());

        assertThat(again)
                .usingRecursiveComparison()
                .ignoringFields("mappings.location")
                .isEqualTo(CONFIG);
    }

    @Test
    void showsHowAServiceIsUsedWithoutItsSecrets() {
        String shown = EffectiveConfig.render(ConfigFixture.parse(YAML + """
                        embedding:
                          provider: openai
                          model: text-embedding-3-small
                          remote:
                            baseUrl: https://gateway.example/v1
                            apiKey: hunter5
                            headers: {X-Gateway-Key: hunter6}
                            tooLong: dead-letter
                        """, Map.of("DB_USER", "freshet")));

        assertThat(shown)
                .doesNotContain("hunter")
                .contains("provider: openai", "baseUrl: https://gateway.example/v1", "tooLong: dead-letter")
                .contains("timeout: 30s", "textsPerRequest: 64")
                .containsPattern("apiKey: [\"']?\\*\\*\\*")
                .containsPattern("X-Gateway-Key: [\"']?\\*\\*\\*");
    }
}
