package dev.freshet.index.lucene;

import dev.freshet.change.Version;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.util.BytesRef;
import org.jspecify.annotations.Nullable;

/** Versions as values of Lucene documents. */
final class Versions {

    private Versions() {}

    static BytesRef bytes(Version version) {
        return new BytesRef(ByteBuffer.allocate(Integer.BYTES + 2 * Long.BYTES)
                .putInt(version.epoch())
                .putLong(version.commit())
                .putLong(version.offset())
                .array());
    }

    /** The version of the live document that has the term, if there is one. */
    static @Nullable Version of(Postings postings, BytesRef term) throws IOException {
        Version[] found = new Version[1];
        postings.visit(term, (leaf, doc) -> {
            found[0] = of(leaf, doc);
            return false;
        });
        return found[0];
    }

    /** The version of a document that has one. */
    static Version of(LeafReaderContext leaf, int doc) throws IOException {
        BytesRef bytes = Entries.value(leaf, Entries.VERSION, doc);
        ByteBuffer buffer = ByteBuffer.wrap(bytes.bytes, bytes.offset, bytes.length);
        return new Version(buffer.getInt(), buffer.getLong(), buffer.getLong());
    }
}
