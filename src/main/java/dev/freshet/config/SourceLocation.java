package dev.freshet.config;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;

/**
 * A place in a configuration file.
 *
 * @param file as it was named when it was loaded
 * @param line from 1, or 0 for the file as a whole
 * @param column from 1, or 0 for the file as a whole
 */
public record SourceLocation(Path file, int line, int column) {

    public SourceLocation {
        requireNonNull(file);
    }

    /** {@code file:line:column}, which terminals and editors make a link of. */
    @Override
    public String toString() {
        return line == 0 ? file.toString() : file + ":" + line + ":" + column;
    }
}
