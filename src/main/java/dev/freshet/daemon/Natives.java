package dev.freshet.daemon;

import dev.freshet.chunk.HuggingFaceTokens;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where the tokenizer's native library is unpacked. */
final class Natives {

    private static final Logger LOG = LoggerFactory.getLogger(Natives.class);

    private Natives() {}

    /**
     * For commands that only look, and leave nothing behind: where a daemon has unpacked it already, otherwise in a
     * folder that goes with this process.
     */
    static void forLooking(Path state) throws IOException {
        Path there = StateFolder.natives(state);
        if (Files.isDirectory(there)) {
            HuggingFaceTokens.unpackNativeLibraryTo(there);
            return;
        }
        Path own = Files.createTempDirectory("freshet-natives");
        Runtime.getRuntime().addShutdownHook(new Thread(() -> remove(own), "freshet-natives"));
        HuggingFaceTokens.unpackNativeLibraryTo(own);
    }

    private static void remove(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            // The system clears its folder for temporary files; the process is ending, and its result stands.
            LOG.debug("not removed folder={}", folder, e);
        }
    }
}
