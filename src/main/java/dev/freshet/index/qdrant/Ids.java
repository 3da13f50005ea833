package dev.freshet.index.qdrant;

import dev.freshet.document.DocumentKey;
import dev.freshet.index.IndexException;
import io.qdrant.client.grpc.Common.PointId;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.UUID;

/** The ids of points, all of them UUIDs in their usual form. */
final class Ids {

    /** The point beside the heads that says what a collection was built with. */
    static final String DESCRIPTION = new UUID(0, 0).toString();

    private Ids() {}

    static PointId point(String uuid) {
        return PointId.newBuilder().setUuid(uuid).build();
    }

    /**
     * The point of a chunk: its own id.
     *
     * @throws IndexException if that is no UUID
     */
    static PointId chunk(String id) {
        try {
            if (UUID.fromString(id).toString().equals(id)) {
                return point(id);
            }
        } catch (IllegalArgumentException e) {
            throw refused(id, e);
        }
        throw refused(id, null);
    }

    private static IndexException refused(String id, @org.jspecify.annotations.Nullable Exception cause) {
        return new IndexException(
                IndexException.Kind.PERMANENT, "Chunk id '" + id + "' is no UUID, which Qdrant needs", cause);
    }

    /** The point of a document's head. */
    static String head(DocumentKey key) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256")
                    .digest((key.mapping() + '\0' + key.row()).getBytes(StandardCharsets.UTF_8));
            ByteBuffer bytes = ByteBuffer.wrap(digest);
            return new UUID(bytes.getLong(), bytes.getLong()).toString();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
