package dev.freshet.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ConfigurationReferenceTest {

    private static final Path FILE = Path.of("docs", "configuration.md");

    @Test
    void documentationSaysWhatTheRecordsSay() throws IOException {
        String reference = ConfigurationReference.render();
        if (Boolean.getBoolean("freshet.regenerate")) {
            Files.createDirectories(FILE.getParent());
            Files.writeString(FILE, reference);
        }
        assertThat(FILE)
                .as("regenerate it: mvn test -Dtest=ConfigurationReferenceTest -Dfreshet.regenerate=true")
                .content()
                .isEqualTo(reference);
    }
}
