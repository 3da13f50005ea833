package dev.freshet.index.lucene;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.apache.lucene.store.IOContext;
import org.apache.lucene.store.IndexOutput;
import org.apache.lucene.store.MMapDirectory;
import org.apache.lucene.store.OutputStreamIndexOutput;

/**
 * A folder that is read through the page cache and written in larger pieces than Lucene's own 8 KiB: most of what is
 * written are vectors, again with each merge, and half of a merge's time went into so many calls of the system.
 */
final class IndexFolder extends MMapDirectory {

    private static final int WRITE_BYTES = 128 << 10;

    IndexFolder(Path folder) throws IOException {
        super(folder);
    }

    @Override
    public IndexOutput createOutput(String name, IOContext context) throws IOException {
        ensureOpen();
        Path file = directory.resolve(name);
        return new OutputStreamIndexOutput(
                file.toString(),
                name,
                Files.newOutputStream(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW),
                WRITE_BYTES);
    }
}
