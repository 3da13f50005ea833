package dev.freshet.index.lucene;

import dev.freshet.index.TenantContract;
import dev.freshet.index.VectorIndex;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** Tenants in the embedded index. */
final class LuceneTenantTest extends TenantContract {

    @TempDir
    private Path folder;

    @Override
    protected VectorIndex open() {
        return new LuceneIndex(folder.resolve("index"));
    }
}
