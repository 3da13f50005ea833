package dev.freshet.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StateFolderTest {

    @TempDir
    private Path folder;

    @Test
    void isMadeAndLocked() {
        Path state = folder.resolve("a/b");
        try (StateFolder ignored = StateFolder.lock(state)) {
            assertThat(state).isDirectory();
            assertThatThrownBy(() -> StateFolder.lock(state))
                    .isInstanceOf(StartupException.class)
                    .hasMessageContaining(state.toAbsolutePath().toString())
                    .hasMessageContaining("in use by another Freshet")
                    .hasMessageContaining("key state");
        }
        StateFolder.lock(state).close();
    }

    @Test
    void aFolderThatCannotBeOneIsRefused() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "text");

        assertThatThrownBy(() -> StateFolder.lock(file))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("cannot be used");
    }

    @Test
    void everythingHasItsPlaceInIt() {
        try (StateFolder state = StateFolder.lock(folder)) {
            assertThat(List.of(state.offsets(), state.backfills(), state.deadLetters(), state.index(), state.natives()))
                    .doesNotHaveDuplicates()
                    .allSatisfy(path -> assertThat(path.getParent()).isEqualTo(folder));
        }
    }
}
