package dev.freshet.index.lucene;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.apache.lucene.util.BytesRef;
import org.apache.lucene.util.VectorUtil;

/** Compares vectors, and turns them into bytes and back. */
final class Vectors {

    /** The most that Lucene's binary values hold of four bytes each. */
    static final int MAX_DIMENSION = 8_191;

    private Vectors() {}

    /** The cosine of two vectors of length one. */
    static float cosine(float[] a, float[] b) {
        return Math.clamp(VectorUtil.dotProduct(a, b), -1f, 1f);
    }

    static BytesRef toBytes(float[] vector) {
        var bytes = ByteBuffer.allocate(vector.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(vector);
        return new BytesRef(bytes.array());
    }

    /** Reads what {@link #toBytes} wrote into an array of the same length. */
    static void read(BytesRef bytes, float[] into) {
        ByteBuffer.wrap(bytes.bytes, bytes.offset, bytes.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer()
                .get(into);
    }
}
