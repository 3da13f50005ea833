package dev.freshet.index.lucene;

import dev.freshet.index.IndexException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.apache.lucene.util.BytesRef;
import org.apache.lucene.util.VectorUtil;

/** Checks vectors and turns them into bytes and back. */
final class Vectors {

    /** The most that Lucene's binary values hold of four bytes each. */
    static final int MAX_DIMENSION = 8_191;

    /** How far the square of the length may be from one before a vector counts as not of length one. */
    private static final double UNIT_TOLERANCE = 1e-5;

    private Vectors() {}

    /**
     * The vector at length one; as it is, bit for bit, if it has it already.
     *
     * @throws IndexException if it has another dimension, is zero, or is not finite
     */
    static float[] checked(float[] vector, int dimension, String whose) {
        if (vector.length != dimension) {
            throw refused("The vector of %s has %d dimensions, the collection has %d"
                    .formatted(whose, vector.length, dimension));
        }
        double square = 0;
        for (float component : vector) {
            square += (double) component * component;
        }
        if (!Double.isFinite(square)) {
            throw refused("The vector of %s has a component that is not a finite number".formatted(whose));
        }
        if (square == 0) {
            throw refused("The vector of %s is zero, which has no direction".formatted(whose));
        }
        return Math.abs(square - 1) <= UNIT_TOLERANCE ? vector : scaled(vector, 1 / Math.sqrt(square));
    }

    private static float[] scaled(float[] vector, double factor) {
        float[] scaled = new float[vector.length];
        for (int i = 0; i < vector.length; i++) {
            scaled[i] = (float) (vector[i] * factor);
        }
        return scaled;
    }

    private static IndexException refused(String message) {
        return new IndexException(IndexException.Kind.PERMANENT, message, null);
    }

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
